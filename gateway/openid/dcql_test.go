// SPDX-License-Identifier: Apache-2.0

package openid_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/komsco/trust-platform/chaincode/ledger/code"
	"github.com/komsco/trust-platform/gateway/credential"
	"github.com/komsco/trust-platform/gateway/openid"
)

const aQuery = `{"credentials":[{"id":"d","format":"dc+sd-jwt","meta":{"vct_values":["card"]},"claims":[
	{"id":"a","path":["name"]},{"id":"b","path":["degrees",null,"grade"],"values":["A",1,true]},{"id":"c","path":["langs",1]}],
	"claim_sets":[["a","b"],["c"]]}]}`

func TestQueryMatches(t *testing.T) {
	const says = `{"vct":"card","name":"Minji","age":20,"langs":["ko","en"],"degrees":[{"grade":"A"},{"grade":"B"},{"name":"x"},7],"a":{"b":{"c":1}}}`
	claims, err := credential.DecodeObject([]byte(says))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		claims string
		places []string
		ok     bool
	}{
		"a name":                {`[{"path":["name"]}]`, []string{"name"}, true},
		"one that is not there": {`[{"path":["surname"]}]`, nil, false},
		"each element":          {`[{"path":["degrees",null,"grade"]}]`, []string{"degrees/0/grade", "degrees/1/grade"}, true},
		"elements by value":     {`[{"path":["degrees",null,"grade"],"values":["B","C"]}]`, []string{"degrees/1/grade"}, true},
		"no such value":         {`[{"path":["degrees",null,"grade"],"values":["C"]}]`, nil, false},
		"a number as such":      {`[{"path":["age"],"values":[20]}]`, []string{"age"}, true},
		"a number as text":      {`[{"path":["age"],"values":["20"]}]`, nil, false},
		"one element":           {`[{"path":["langs",1]}]`, []string{"langs/1"}, true},
		"one beyond":            {`[{"path":["langs",2]}]`, nil, false},
		"elements of no array":  {`[{"path":["name",null]}]`, nil, false},
		"a name in an array":    {`[{"path":["langs","ko"]}]`, nil, false},
		"deep":                  {`[{"path":["a","b","c"]},{"path":["a"]}]`, []string{"a/b/c", "a"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			q, err := openid.ParseQuery([]byte(`{"credentials":[{"id":"d","format":"dc+sd-jwt","meta":{"vct_values":["x","card"]},"claims":` + c.claims + `}]}`))
			require.NoError(t, err)
			places, ok := q.Credentials[0].Match(claims)
			require.Equal(t, c.ok, ok)
			require.Equal(t, c.places, places)
		})
	}
	q, err := openid.ParseQuery([]byte(aQuery))
	require.NoError(t, err)
	require.Equal(t, []string{"grade", "langs", "name"}, q.Attributes())
	claims["vct"] = "other"
	_, ok := q.Credentials[0].Match(claims)
	require.False(t, ok)
}

// A query that is taken survives being written again, matches without a panic, and
// asks for nothing that its attributes do not name.
func FuzzParseQuery(f *testing.F) {
	f.Add([]byte(aQuery), []byte(`{"vct":"card","name":"x","degrees":[{"grade":"A"}],"langs":[1,2]}`))
	f.Add([]byte(`{"credentials":[{"id":"d","format":"dc+sd-jwt","meta":{"vct_values":["card"]}}]}`), []byte(`{"vct":"card"}`))
	f.Fuzz(func(t *testing.T, raw, says []byte) {
		q, err := openid.ParseQuery(raw)
		if err != nil {
			require.NotNil(t, code.Of(err))
			return
		}
		again, err := json.Marshal(q)
		require.NoError(t, err)
		read, err := openid.ParseQuery(again)
		require.NoError(t, err, "%s", again)
		require.Equal(t, q.Attributes(), read.Attributes())
		claims, err := credential.DecodeObject(says)
		if err != nil {
			return
		}
		for _, c := range q.Credentials {
			places, ok := c.Match(claims)
			require.True(t, ok || places == nil)
		}
	})
}

// A token that is taken answers every credential once and nothing else.
func FuzzReadPresentations(f *testing.F) {
	q, err := openid.ParseQuery([]byte(aQuery))
	require.NoError(f, err)
	for _, s := range []string{`{"d":["x~"]}`, `{"d":["x~","y~"]}`, `{"d":"x~"}`, `{"e":["x~"]}`, `{"d":["x~"],"d":["y~"]}`, `[]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		shown, err := openid.ReadPresentations(token, q)
		if err != nil {
			require.ErrorAs(t, err, new(*openid.Error))
			return
		}
		require.Len(t, shown, 1)
		require.Contains(t, shown, "d")
	})
}

// Presentations in other formats are not verified: they were not asked for, and their
// proofs may cost more to verify.
func TestPresentationsOfTheFormat(t *testing.T) {
	q, err := openid.ParseQuery([]byte(aQuery))
	require.NoError(t, err)
	for shown, ok := range map[string]bool{"a.b.c~d~e.f.g": true, "a.b.c~": true, "a.b.c": false, `{"proof":{}}`: false, `{"a":"~"}`: false, "": false} {
		token, err := json.Marshal(map[string][]string{"d": {shown}})
		require.NoError(t, err)
		_, err = openid.ReadPresentations(string(token), q)
		if ok {
			require.NoError(t, err, shown)
			continue
		}
		require.ErrorContains(t, err, "no dc+sd-jwt", shown)
	}
}

func FuzzReadForm(f *testing.F) {
	f.Add("state=a&vp_token=%7B%7D")
	f.Add("a=1&a=2")
	f.Fuzz(func(t *testing.T, form string) {
		if _, err := openid.ReadForm(form); err != nil {
			require.ErrorAs(t, err, new(*openid.Error))
		}
	})
}
