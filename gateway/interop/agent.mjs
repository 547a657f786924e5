// SPDX-License-Identifier: Apache-2.0

// Drives other people's libraries for interop_test.go: one request a line on standard input, one answer a line on
// standard output. It judges nothing: the libraries do, and the Go test compares.

import {createInterface} from 'node:readline';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as ecdsaJcs from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite';
import * as eddsaJcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import {cryptosuite as eddsaRdfc} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {SDJwtVcInstance} from '@sd-jwt/sd-jwt-vc';
import {ES256, digest, generateSalt} from '@sd-jwt/crypto-nodejs';
import {clientAuthenticationAnonymous, setGlobalConfig} from '@openid4vc/oauth2';
import {Openid4vciClient} from '@openid4vc/openid4vci';
import {Openid4vpClient, Openid4vpVerifier} from '@openid4vc/openid4vp';
import {DcqlQuery} from 'dcql';
import {CompactEncrypt, compactDecrypt, importJWK} from 'jose';
import {createHash, randomBytes} from 'node:crypto';
import {Resolver} from 'did-resolver';
import didContext from 'did-context';
import * as didKey from '@digitalbazaar/did-method-key';
import jsonld from 'jsonld';
import * as multikeyContext from '@digitalbazaar/multikey-context';
import * as didJWT from 'did-jwt';
import * as didJWTVC from 'did-jwt-vc';

// A driver of did-resolver over the platform's HTTP resolver.
function resolver(endpoint) {
  const driver = async did => {
    const answer = await fetch(endpoint + encodeURIComponent(did), {headers: {Accept: 'application/ld+json;profile="https://w3id.org/did-resolution"'}});
    return answer.json();
  };
  return new Resolver({komsco: driver, key: driver, jwk: driver});
}

// What JSON-LD needs: documents and keys from the platform, contexts from the libraries, nothing from elsewhere.
function loader(endpoint, lists = {}) {
  return async url => {
    if(url.startsWith('did:')) {
      const [did, fragment] = url.split('#');
      const {didDocument} = await resolver(endpoint).resolve(did);
      if(!didDocument) {
        throw new Error(`${did} does not resolve`);
      }
      if(!fragment) {
        return {documentUrl: url, document: didDocument};
      }
      const method = didDocument.verificationMethod.find(m => m.id === url);
      if(!method) {
        throw new Error(`${url} is not in the document`);
      }
      return {documentUrl: url, document: {'@context': 'https://w3id.org/security/multikey/v1', ...method}};
    }
    if(lists[url]) {
      const answer = await fetch(lists[url], {headers: {Accept: 'application/vc'}});
      return {documentUrl: url, document: await answer.json()};
    }
    return vc.defaultDocumentLoader(url);
  };
}

const signSuites = {
  'ecdsa-jcs-2019': () => ecdsaJcs.createSignCryptosuite(), 'eddsa-jcs-2022': () => eddsaJcs.createSignCryptosuite(),
  'eddsa-rdfc-2022': () => eddsaRdfc
};
const verifySuites = {
  'ecdsa-jcs-2019': () => ecdsaJcs.createVerifyCryptosuite(), 'eddsa-jcs-2022': () => eddsaJcs.createVerifyCryptosuite(),
  'eddsa-rdfc-2022': () => eddsaRdfc
};
const suiteOf = document => new DataIntegrityProof({cryptosuite: verifySuites[document.proof.cryptosuite]()});

async function signSuite({suite, key, date}) {
  const pair = await (suite.startsWith('ecdsa') ? EcdsaMultikey : Ed25519Multikey).from(key);
  return new DataIntegrityProof({signer: pair.signer(), cryptosuite: signSuites[suite](), date});
}

function must(result) {
  if(!result.verified) {
    throw result.error ?? new Error('not verified');
  }
  return true;
}

async function sdjwt({endpoint, key}) {
  const options = {hasher: digest, hashAlg: 'sha-256', saltGenerator: generateSalt, signAlg: 'ES256', kbSignAlg: 'ES256'};
  if(key) {
    options.signer = options.kbSigner = await ES256.getSigner(key);
  }
  const jwkOf = async kid => {
    const {didDocument} = await resolver(endpoint).resolve(kid.split('#')[0]);
    return didDocument.verificationMethod.find(m => m.id === kid).publicKeyJwk;
  };
  const check = async (input, signature, jwk) => (await ES256.getVerifier({...jwk}))(input, signature);
  options.verifier = async (input, signature) => {
    const header = JSON.parse(Buffer.from(input.split('.')[0], 'base64url'));
    return check(input, signature, await jwkOf(header.kid));
  };
  options.kbVerifier = async (input, signature, payload) => check(input, signature, payload.cnf.jwk ?? await jwkOf(payload.cnf.kid));
  return new SDJwtVcInstance(options);
}

const signers = {ES256: didJWT.ES256Signer, EdDSA: didJWT.EdDSASigner, ES256K: didJWT.ES256KSigner};

setGlobalConfig({allowInsecureUrls: true}); // the gateway under test is on this machine

// Encrypted answers, by jose.
const encryption = ({enc, kid} = {}) => ({
  encryptJwe: async (to, plain) => {
    const by = new CompactEncrypt(new TextEncoder().encode(plain))
      .setProtectedHeader({alg: to.alg, enc: enc ?? to.enc, kid: kid ?? to.publicJwk.kid})
      .setKeyManagementParameters({apu: Buffer.from(to.apu ?? '', 'base64url'), apv: Buffer.from(to.apv ?? '', 'base64url')});
    return {encryptionJwk: to.publicJwk, jwe: await by.encrypt(await importJWK(to.publicJwk, to.alg))};
  },
  decryptJwe: async (jwe, {jwk}) => {
    const {plaintext, protectedHeader} = await compactDecrypt(jwe, await importJWK(jwk, 'ECDH-ES'));
    return {decrypted: true, decryptionJwk: jwk, payload: new TextDecoder().decode(plaintext), protectedHeader};
  }
});
const walletMetadata = {
  authorization_signing_alg_values_supported: [],
  authorization_encryption_alg_values_supported: ['ECDH-ES'],
  authorization_encryption_enc_values_supported: ['A256GCM', 'A128GCM']
};

// What a wallet brings along: a P-256 key, and the platform's resolver for the keys of others.
function walletCallbacks({endpoint, key, typ}) {
  const encode = o => Buffer.from(JSON.stringify(o)).toString('base64url');
  return {
    hash: (data, alg) => createHash(alg.replace('-', '')).update(data).digest(),
    generateRandom: n => randomBytes(n),
    clientAuthentication: clientAuthenticationAnonymous(),
    signJwt: async (signer, {header, payload}) => {
      const input = `${encode({...header, typ: typ ?? header.typ})}.${encode(payload)}`;
      const {d, ...signerJwk} = key;
      return {jwt: `${input}.${await (await ES256.getSigner(key))(input)}`, signerJwk};
    },
    verifyJwt: async (signer, {compact}) => {
      const [did] = signer.didUrl.split('#');
      const {didDocument} = await resolver(endpoint).resolve(did);
      const signerJwk = didDocument?.verificationMethod.find(m => m.id === signer.didUrl)?.publicKeyJwk;
      const [header, payload, signature] = compact.split('.');
      const verified = Boolean(signerJwk) && await (await ES256.getVerifier({...signerJwk}))(`${header}.${payload}`, signature);
      return verified ? {verified, signerJwk} : {verified: false};
    }
  };
}

const operations = {
  // A whole issuance by the pre-authorised code: offer, metadata, token, nonce, proof, credential.
  'vci accept': async ({endpoint, link, txCode, key, kid, typ, nonce}) => {
    const client = new Openid4vciClient({callbacks: walletCallbacks({endpoint, key, typ})});
    const credentialOffer = await client.resolveCredentialOffer(link);
    const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer);
    const [credentialConfigurationId] = credentialOffer.credential_configuration_ids;
    const {accessTokenResponse} = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({credentialOffer, issuerMetadata, txCode});
    const {c_nonce} = await client.requestNonce({issuerMetadata});
    const {d, ...publicJwk} = key;
    const {jwt} = await client.createCredentialRequestJwtProof({
      issuerMetadata, credentialConfigurationId, nonce: nonce ?? c_nonce, issuedAt: new Date(),
      signer: kid ? {method: 'did', didUrl: kid, alg: 'ES256'} : {method: 'jwk', publicJwk, alg: 'ES256'}
    });
    const {credentialResponse} = await client.retrieveCredentials({
      issuerMetadata, credentialConfigurationId, accessToken: accessTokenResponse.access_token, proofs: {jwt: [jwt]}
    });
    return credentialResponse.credentials[0].credential;
  },
  // A whole presentation: the request, signed or in its link, what DCQL finds among the credentials, the answer by
  // direct_post or, encrypted, by direct_post.jwt. Answered to another's key, with another enc or kid, or in the clear if told so.
  'vp answer': async ({endpoint, link, key, sdjwt: encoded, frame, nonce, request: forged, to, enc, kid, plain}) => {
    const callbacks = {...walletCallbacks({endpoint, key}), ...encryption({enc, kid})};
    if(forged) { // somebody between verifier and wallet
      callbacks.fetch = async (url, options) => String(url).endsWith('/object') ?
        new Response(forged, {headers: {'Content-Type': 'application/oauth-authz-req+jwt'}}) : fetch(url, options);
    }
    const client = new Openid4vpClient({callbacks});
    const parsed = client.parseOpenid4vpAuthorizationRequest({authorizationRequest: link});
    const request = await client.resolveOpenId4vpAuthorizationRequest({authorizationRequestPayload: parsed.params});
    const query = DcqlQuery.parse(request.dcql.query);
    DcqlQuery.validate(query);
    const instance = await sdjwt({endpoint, key});
    const {vct, ...claims} = await instance.getClaims(encoded);
    const found = DcqlQuery.query(query, [{credential_format: 'dc+sd-jwt', vct, claims: {vct, ...claims}, cryptographic_holder_binding: true}]);
    if(!found.can_be_satisfied) {
      throw new Error('nothing answers the query');
    }
    const payload = request.authorizationRequestPayload;
    const shown = await instance.present(encoded, frame, {
      kb: {payload: {iat: Math.floor(Date.now() / 1000), aud: payload.client_id, nonce: nonce ?? payload.nonce}}
    });
    const {authorizationResponsePayload, jarm} = await client.createOpenid4vpAuthorizationResponse({
      authorizationRequestPayload: payload, authorizationResponsePayload: {vp_token: {[query.credentials[0].id]: [shown]}},
      jarm: payload.response_mode === 'direct_post.jwt' ? {encryption: {nonce: 'of-the-wallet', jwk: to}, serverMetadata: walletMetadata} : undefined
    });
    const {response} = await client.submitOpenid4vpAuthorizationResponse({
      authorizationRequestPayload: payload, authorizationResponsePayload, jarm: plain ? undefined : jarm
    });
    const text = await response.text();
    if(!response.ok) {
      throw new Error(text);
    }
    return {version: request.version, prefix: request.client.prefix ?? request.client.scheme, answer: JSON.parse(text)};
  },

  // Their verifier: a request in a link that nobody signs, and what it reads of an encrypted answer.
  'vp ask': async request => (await new Openid4vpVerifier({callbacks: {}}).createOpenId4vpAuthorizationRequest({
    authorizationRequestPayload: request
  })).authorizationRequest,
  'vp read': async ({request, response, key}) => {
    const callbacks = {decryptJwe: async jwe => encryption().decryptJwe(jwe, {jwk: key})};
    const read = await new Openid4vpVerifier({callbacks}).parseOpenid4vpAuthorizationResponse({
      authorizationRequestPayload: request, authorizationResponse: {response}, callbacks
    });
    return read.authorizationResponsePayload;
  },

  'did-resolver': async ({endpoint, url}) => resolver(endpoint).resolve(url),

  // A JSON-LD processor that refuses what it would have to leave out.
  'jsonld': async ({document}) => {
    const documentLoader = async url => {
      const context = didContext.contexts.get(url) ?? multikeyContext.contexts.get(url);
      if(!context) {
        throw new Error(`${url} is no context at hand`);
      }
      return {documentUrl: url, document: context};
    };
    return (await jsonld.toRDF(document, {safe: true, documentLoader})).length; // statements
  },
  'did:key': async ({did}) => {
    const driver = didKey.driver();
    for(const [header, suite] of [['z6Mk', Ed25519Multikey], ['zDna', EcdsaMultikey]]) {
      driver.use({multibaseMultikeyHeader: header, fromMultibase: suite.from});
    }
    return driver.get({did});
  },

  'did-jwt verify': async ({endpoint, jwt, audience, purpose}) => {
    const r = await didJWT.verifyJWT(jwt, {resolver: resolver(endpoint), audience, proofPurpose: purpose});
    return {issuer: r.issuer, signer: r.signer.id, verified: r.verified};
  },
  'did-jwt create': async ({payload, issuer, alg, secret, header}) =>
    didJWT.createJWT(payload, {issuer, alg, signer: signers[alg](Buffer.from(secret, 'base64url'))}, {alg, ...header}),

  'did-jwt-vc create': async ({payload, issuer, alg, secret}) =>
    didJWTVC.createVerifiableCredentialJwt(payload, {did: issuer, alg, signer: signers[alg](Buffer.from(secret, 'base64url'))}),
  'did-jwt-vc verify': async ({endpoint, jwt}) => {
    const r = await didJWTVC.verifyCredential(jwt, resolver(endpoint));
    return {issuer: r.issuer, verified: r.verified};
  },

  'vc verify': async ({endpoint, credential}) =>
    must(await vc.verifyCredential({credential, suite: suiteOf(credential), documentLoader: loader(endpoint)})),
  'vc verify presentation': async ({endpoint, presentation, challenge, domain}) => must(await vc.verify({
    presentation, challenge, domain, suite: [suiteOf(presentation), ...[presentation.verifiableCredential].flat().map(suiteOf)],
    documentLoader: loader(endpoint)
  })),
  'vc issue': async ({endpoint, credential, ...by}) =>
    vc.issue({credential, suite: await signSuite(by), documentLoader: loader(endpoint)}),
  'vc present': async ({endpoint, credentials, holder, challenge, domain, ...by}) => vc.signPresentation({
    presentation: vc.createPresentation({verifiableCredential: credentials, holder, version: 2.0}),
    suite: await signSuite(by), challenge, domain, documentLoader: loader(endpoint)
  }),
  'status': async ({endpoint, credential, lists}) => {
    const result = await checkStatus({
      credential, suite: new DataIntegrityProof({cryptosuite: ecdsaJcs.createVerifyCryptosuite()}), documentLoader: loader(endpoint, lists)
    });
    must(result);
    return result.results[0].status; // whether the bit is set
  },

  'sd-jwt verify': async ({endpoint, sdjwt: encoded, nonce, required}) =>
    (await (await sdjwt({endpoint})).verify(encoded, {keyBindingNonce: nonce, requiredClaimKeys: required})).payload,
  'sd-jwt issue': async ({endpoint, key, claims, frame, header}) =>
    (await sdjwt({endpoint, key})).issue(claims, frame, {header}),
  'sd-jwt present': async ({endpoint, key, sdjwt: encoded, frame, binding, header}) =>
    (await sdjwt({endpoint, key})).present(encoded, frame, {kb: {payload: binding, header}})
};

for await (const line of createInterface({input: process.stdin})) {
  const {op, args} = JSON.parse(line);
  let answer;
  try {
    answer = {value: await operations[op](args)};
  } catch(e) {
    answer = {error: [e.message, ...(e.errors ?? []).map(inner => inner.message)].join('; ') || String(e)};
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
