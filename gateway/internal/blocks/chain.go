// SPDX-License-Identifier: Apache-2.0

package blocks

import (
	"bytes"
	"fmt"
)

// Chain checks that blocks follow one another, each stating the hash of the one
// before. The zero value expects block 0.
type Chain struct {
	next uint64
	hash []byte
}

// Next returns an error unless b is the next block.
func (c *Chain) Next(b *Block) error {
	if b.Number != c.next {
		return fmt.Errorf("block %d came where block %d was expected", b.Number, c.next)
	}
	if b.Number > 0 && !bytes.Equal(b.PreviousHash, c.hash) {
		return fmt.Errorf("block %d states %x as the hash of block %d, which has %x", b.Number, b.PreviousHash, b.Number-1, c.hash)
	}
	hash, err := b.Hash()
	if err != nil {
		return err
	}
	c.next, c.hash = b.Number+1, hash
	return nil
}

// Height is how many blocks have passed.
func (c *Chain) Height() uint64 { return c.next }
