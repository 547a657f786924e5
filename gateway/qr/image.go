// SPDX-License-Identifier: Apache-2.0

package qr

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"github.com/boombuler/barcode/qr"

	"github.com/komsco/trust-platform/chaincode/currency"
)

const (
	quiet  = 4 // modules of white around a code (ISO/IEC 18004)
	square = 8 // pixels of a module in a PNG
)

// SVG draws a code with error correction level M, a module being one unit.
func SVG(text string) ([]byte, error) {
	modules, err := draw(text)
	if err != nil {
		return nil, err
	}
	size := modules.Bounds().Dx()
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[1]d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%[1]dv%[1]dH0z"/><path d="`, size+2*quiet)
	for y := range size {
		for x := 0; x < size; x++ {
			from := x
			for x < size && black(modules, x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	b.WriteString(`"/></svg>` + "\n")
	return b.Bytes(), nil
}

// PNG draws a code with error correction level M, 8 pixels a module.
func PNG(text string) ([]byte, error) {
	modules, err := draw(text)
	if err != nil {
		return nil, err
	}
	size := (modules.Bounds().Dx() + 2*quiet) * square
	out := image.NewPaletted(image.Rect(0, 0, size, size), color.Palette{color.White, color.Black})
	for y := range size {
		for x := range size {
			if black(modules, x/square-quiet, y/square-quiet) {
				out.SetColorIndex(x, y, 1)
			}
		}
	}
	var b bytes.Buffer
	err = png.Encode(&b, out)
	return b.Bytes(), err
}

func draw(text string) (image.Image, error) {
	if text == "" || len(text) > maxPayer {
		return nil, currency.BadCode.Errorf("%d characters, 1 to %d are drawn", len(text), maxPayer)
	}
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return nil, currency.BadCode.Errorf("%w", err)
	}
	return code, nil
}

func black(modules image.Image, x, y int) bool {
	if !image.Pt(x, y).In(modules.Bounds()) {
		return false
	}
	r, _, _, _ := modules.At(x, y).RGBA()
	return r == 0
}
