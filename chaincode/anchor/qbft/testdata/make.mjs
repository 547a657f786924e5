// SPDX-License-Identifier: Apache-2.0
//
// Writes headers.json: a QBFT chain made without any code of this repository, so that its rules are tried on what others
// compute. Run in an empty folder:
//
//   npm install @ethereumjs/rlp@5 ethereum-cryptography@2 && node make.mjs > headers.json
//
// Four validators make headers 0 to 5, a fifth joins at 6, the first leaves at 9; header 4 takes round 2.
import { RLP } from '@ethereumjs/rlp'
import { keccak256 } from 'ethereum-cryptography/keccak.js'
import { secp256k1 } from 'ethereum-cryptography/secp256k1.js'
import { bytesToHex, hexToBytes, utf8ToBytes } from 'ethereum-cryptography/utils.js'

const key = (i) => keccak256(utf8ToBytes(`validator ${i}`))
const address = (i) => keccak256(secp256k1.getPublicKey(key(i), false).slice(1)).slice(12)
const number = (n) => (n === 0 ? new Uint8Array() : hexToBytes(n.toString(16).padStart(n.toString(16).length + (n.toString(16).length % 2), '0')))
const mix = hexToBytes('63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365')
const ommers = keccak256(RLP.encode([]))

function header(parent, n, extra) {
  const root = (what) => keccak256(utf8ToBytes(`${what} ${n}`))
  return [parent, ommers, address(n % 4), root('state'), root('transactions'), root('receipts'), new Uint8Array(256), number(1),
    number(n), number(30000000), number(21000 * n), number(1700000000 + n), extra, mix, new Uint8Array(8), number(7)]
}

function make(parent, n, validators, sealers, round = 0, vote = []) {
  const vanity = new Uint8Array(32)
  vanity.set(utf8ToBytes('qbft'))
  const list = validators.map(address)
  const extra = (r, seals) => RLP.encode([vanity, list, vote, number(r), seals])
  const sealed = keccak256(RLP.encode(header(parent, n, extra(round, []))))
  const seals = sealers.map((i) => {
    const s = secp256k1.sign(sealed, key(i))
    const seal = new Uint8Array(65)
    seal.set(s.toCompactRawBytes())
    seal[64] = s.recovery
    return seal
  })
  const raw = RLP.encode(header(parent, n, extra(round, seals)))
  const hash = n === 0 ? keccak256(raw) : keccak256(RLP.encode(header(parent, n, extra(0, []))))
  return { raw, hash, number: n, round, validators: list.map((a) => '0x' + bytesToHex(a)), sealers: sealers.map((i) => '0x' + bytesToHex(address(i))) }
}

const out = []
let parent = new Uint8Array(32)
function add(...args) {
  const h = make(parent, ...args)
  parent = h.hash
  out.push({ ...h, raw: bytesToHex(h.raw), hash: bytesToHex(h.hash) })
}
add(0, [0, 1, 2, 3], [])
add(1, [0, 1, 2, 3], [0, 1, 2])
add(2, [0, 1, 2, 3], [3, 1, 2, 0])
add(3, [0, 1, 2, 3], [0, 1, 2], 0, [address(4), hexToBytes('ff')])
add(4, [0, 1, 2, 3], [1, 2, 3], 2, [address(4), hexToBytes('ff')])
add(5, [0, 1, 2, 3], [0, 1, 3], 0, [address(4), hexToBytes('ff')])
add(6, [0, 1, 2, 3, 4], [4, 1, 2, 3])
add(7, [0, 1, 2, 3, 4], [0, 1, 2, 3, 4], 300, [address(0), new Uint8Array()])
add(8, [0, 1, 2, 3, 4], [1, 2, 3, 4], 0, [address(0), new Uint8Array()])
add(9, [1, 2, 3, 4], [1, 2, 3])
add(10, [1, 2, 3, 4], [2, 3, 4])
console.log(JSON.stringify(out, null, 1))
