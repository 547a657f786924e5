// SPDX-License-Identifier: Apache-2.0

package receipt

import (
	"fmt"
	"strings"
	"time"

	"github.com/komsco/trust-platform/chaincode/anchor"
)

var kindsKo = map[anchor.Kind]string{anchor.Notarise: "기탁", anchor.Manifest: "파일 목록", anchor.Step: "이력 단계", anchor.Header: "다른 체인의 헤더", anchor.Block: "다른 체인의 블록 헤더"}

// WordsKo is Words in Korean.
func (p Proof) WordsKo() string {
	var b strings.Builder
	r := p.Record
	if p.File != nil {
		fmt.Fprintf(&b, "파일 %q (%d바이트)은 파일 목록에 들어 있습니다.\n  sha-256 해시: %s\n그 파일 목록은 다음과 같습니다.\n", p.File.Path, p.File.Size, p.File.Digest)
	}
	fmt.Fprintf(&b, "%s 로그의 %d번 기록: %s.\n  %s 해시: %x\n", p.Source, p.Index, kindsKo[r.Kind], r.Algorithm, r.Digest)
	switch {
	case r.Kind == anchor.Step:
		fmt.Fprintf(&b, "  %s 이(가) 서명했고, 원장이 그 서명을 확인했습니다.\n", r.Submitter)
	case r.Kind == anchor.Header:
		fmt.Fprintf(&b, "  %s 이(가) 가져왔습니다. 그 체인의 키들이 규칙만큼 서명했음을 원장이 확인했습니다.\n", r.Submitter)
	case r.Kind == anchor.Block:
		blockWordsKo(&b, r)
	case strings.HasPrefix(r.Submitter, "did:"):
		fmt.Fprintf(&b, "  기탁자: %s (로그의 봉인자가 서명으로 확인함)\n", r.Submitter)
	default:
		fmt.Fprintf(&b, "  기탁자 이름: %q (증명되지 않은 이름입니다)\n", r.Submitter)
	}
	if len(r.Reference) > 0 {
		fmt.Fprintf(&b, "  참조 번호의 해시: %x\n", r.Reference)
	}
	fmt.Fprintf(&b, "이 기록은 %s 의 기록 %d개를 담은 트리에 있으며, %s 에 봉인되었습니다.\n  거래 번호: %s\n", p.Origin, p.Size, p.Time.Format(time.RFC3339), p.Tx)
	fmt.Fprintf(&b, "로그의 키 %s 이(가) 그 트리와 시각과 거래 번호에 서명했습니다.\n", p.LogKey)
	for _, c := range p.Cosignatures {
		fmt.Fprintf(&b, "증인 %s 은(는) %s 까지 이를 보았고, 어긋나는 것을 보지 못했습니다.\n", c.Witness, time.Unix(c.Time, 0).UTC().Format(time.RFC3339))
	}
	if len(p.Cosignatures) == 0 {
		b.WriteString("정책에 적힌 증인의 연서명이 없습니다. 모두가 같은 트리를 본다는 것은 로그의 키만이 보증합니다.\n")
	}
	if r.Kind == anchor.Header || r.Kind == anchor.Block {
		b.WriteString("헤더가 있다고 해서 그 뒤의 거래가 유효했다는 뜻은 아닙니다.\n")
	}
	return b.String()
}

// blockWordsKo is blockWords in Korean.
func blockWordsKo(b *strings.Builder, r anchor.Record) {
	header, err := anchor.ReadBlock(r)
	if err != nil {
		return // Verify has read the record; what is no header says nothing
	}
	fmt.Fprintf(b, "  그 체인의 %d번 블록이며, %s 이(가) 가져왔습니다.\n", header.Height, r.Submitter)
	switch header.Format {
	case anchor.FabricChain:
		signers := header.Fabric.Signers()
		switch len(signers) {
		case 0:
			b.WriteString("  아무도 서명하지 않는 첫 블록입니다. 출처가 그 해시를 지정했으므로 원장이 받아들였습니다.\n")
		case 1:
			fmt.Fprintf(b, "  오더러 하나(%s)의 서명뿐이며, 원장이 그 체인의 설정에 따라 확인했습니다.\n  이것이 그 체인의 유일한 역사라는 것은 그 노드만이 보증합니다.\n", signers[0])
		default:
			fmt.Fprintf(b, "  오더러 이름의 서명이 %d개(%s) 있으며, 그중 유효한 것만으로 그 체인의 설정에 충분함을 원장이 확인했습니다.\n", len(signers), strings.Join(signers, ", "))
		}
	case anchor.QBFTChain:
		fmt.Fprintf(b, "  검증자 %d명 가운데 %d명의 봉인이 있으며, 그것으로 충분함을 원장이 확인했습니다.\n", len(header.QBFT.Validators), len(header.QBFT.Seals))
	case anchor.Statements:
	}
}
