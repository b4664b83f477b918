//go:build ignore

// Card turns the receptionist's card, Markdown on standard input, into a page of
// HTML to be printed on two sides of A4.
package main

import (
	"fmt"
	"io"
	"log"
	"os"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

const head = `<!doctype html><html lang="id"><meta charset="utf-8"><title>Kartu petugas kios Loket</title><style>
@font-face { font-family: Text; src: url(../assets/fonts/AtkinsonHyperlegibleNext_400Regular.ttf) }
@font-face { font-family: Text; font-weight: bold; src: url(../assets/fonts/AtkinsonHyperlegibleNext_700Bold.ttf) }
@font-face { font-family: Head; src: url(../assets/fonts/PlusJakartaSans_800ExtraBold.ttf) }
@page { size: A4; margin: 12mm 14mm }
body { font: 12.2pt/1.34 Text; color: #14282b; margin: 0 }
h1, h2 { font-family: Head; font-weight: normal; color: #0c4a4e; line-height: 1.15 }
h1 { font-size: 25pt; margin: 0 0 3mm; border-bottom: 1mm solid #e8a33d; padding-bottom: 2mm }
h2 { font-size: 15.5pt; margin: 4.5mm 0 1.2mm; break-after: avoid }
p, ol, ul { margin: 0 0 1.6mm }
ol, ul { padding-left: 6mm }
li { margin-bottom: .8mm }
h3 { font: bold 12.4pt Text; margin: 2.4mm 0 .5mm; clear: both }
img { float: right; width: 70mm; margin: 0 0 1mm 6mm; border: .3mm solid #b8b0a0; border-radius: 2mm }
h1 + p img { width: 60mm }
hr { border: 0; margin: 0; break-after: page; clear: both }
hr ~ p img { width: 56mm }
hr ~ p img[src*=consent] { width: 38mm }
table { border-collapse: collapse; width: 100%; font-size: 11.8pt }
thead { display: none }
td { padding: .9mm 2mm; border-bottom: .25mm solid #d5cdbd; vertical-align: top }
td:first-child { width: 74mm; border-left: 1.8mm solid #c23b2e }
table ~ table td:first-child { border-left-color: #e8a33d }
code { font-size: 11pt }
</style><body>`

func main() {
	b, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(head)
	if err := goldmark.New(goldmark.WithExtensions(extension.Table)).Convert(b, os.Stdout); err != nil {
		log.Fatal(err)
	}
}
