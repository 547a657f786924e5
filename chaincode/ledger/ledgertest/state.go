// SPDX-License-Identifier: Apache-2.0

package ledgertest

// maxLevel bounds a table's towers: enough for 2^24 keys.
const maxLevel = 24

// table is the committed state of one namespace: a map for single keys and a
// skip list through the same entries for ranges, in byte order as LevelDB.
type table struct {
	byKey map[string]*entry
	head  entry
	dice  uint64
}

// entry is a committed key. Its value is replaced, never changed in place, so
// whoever holds the slice may keep it.
type entry struct {
	key     string
	value   []byte
	version Version
	next    []*entry
}

func newTable() *table {
	return &table{
		byKey: map[string]*entry{},
		head:  entry{next: make([]*entry, maxLevel)},
		dice:  0x9E3779B97F4A7C15,
	}
}

// get returns the key's entry, nil if there is none (or no such namespace).
func (t *table) get(key string) *entry {
	if t == nil {
		return nil
	}
	return t.byKey[key]
}

// seek returns the first entry at or after key, nil if there is none.
func (t *table) seek(key string) *entry {
	if t == nil {
		return nil
	}
	at := &t.head
	for level := maxLevel - 1; level >= 0; level-- {
		for at.next[level] != nil && at.next[level].key < key {
			at = at.next[level]
		}
	}
	return at.next[0]
}

func (t *table) put(key string, value []byte, version Version) {
	if e := t.byKey[key]; e != nil {
		e.value, e.version = value, version
		return
	}
	e := &entry{key: key, value: value, version: version, next: make([]*entry, t.tower())}
	before := t.before(key)
	for level := range e.next {
		e.next[level], before[level].next[level] = before[level].next[level], e
	}
	t.byKey[key] = e
}

func (t *table) remove(key string) {
	e := t.byKey[key]
	if e == nil {
		return
	}
	before := t.before(key)
	for level := range e.next {
		before[level].next[level] = e.next[level]
	}
	delete(t.byKey, key)
}

// before returns, for each level, the last entry in front of key.
func (t *table) before(key string) (path [maxLevel]*entry) {
	at := &t.head
	for level := maxLevel - 1; level >= 0; level-- {
		for at.next[level] != nil && at.next[level].key < key {
			at = at.next[level]
		}
		path[level] = at
	}
	return path
}

// tower throws the height of a new entry: each level half as likely. The dice
// are a xorshift with a fixed seed, so that runs are alike.
func (t *table) tower() int {
	t.dice ^= t.dice << 13
	t.dice ^= t.dice >> 7
	t.dice ^= t.dice << 17
	height := 1
	for bits := t.dice >> 8; bits&1 == 1 && height < maxLevel; bits >>= 1 {
		height++
	}
	return height
}
