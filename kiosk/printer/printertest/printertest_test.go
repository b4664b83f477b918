package printertest

import (
	"image"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// Bytes that others' encoders made come out as they meant them.
func TestOtherPeoplesReceipts(t *testing.T) {
	for _, name := range []string{"receiptline", "encoder", "encoder-column"} {
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile("testdata/" + name + ".bin")
			if err != nil {
				t.Fatal(err)
			}
			p := new(Printer)
			conn, err := net.Dial("tcp", strings.TrimPrefix(p.ListenTCP(t), "tcp://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := conn.Write(b); err != nil {
				t.Fatal(err)
			}
			for end := time.Now().Add(30 * time.Second); len(p.Sheets()) < 2 && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			}
			sheets := p.Sheets()
			if unknown, _ := p.Faults(); len(sheets) < 2 || len(unknown) > 0 {
				t.Fatalf("%d sheets, unknown %v", len(sheets), unknown)
			}
			bitmap, err := gozxing.NewBinaryBitmapFromImage(sheets[0])
			if err != nil {
				t.Fatal(err)
			}
			got, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
			if err != nil || got.GetText() != "HTTPS://LACAK.EXAMPLE.GO.ID/T#K74QX9M2-QV8N3HD6W" {
				t.Errorf("decoded %v, %v", got, err)
			}
			if strings.HasPrefix(name, "encoder") && !framed(sheets[0]) {
				t.Error("the picture of 200 × 96 dots is not there as drawn")
			}
		})
	}
}

// framed looks for the frame of 200 × 96 dots with its diagonal.
func framed(img *image.Gray) bool {
	black := func(x, y int) bool { return img.GrayAt(x, y).Y == 0 }
	for y := range img.Rect.Dy() - 96 {
		for x := range img.Rect.Dx() - 200 {
			ok := black(x, y) && black(x+199, y) && black(x, y+95) && black(x+199, y+95) && black(x+100, y) && black(x+100, y+95) &&
				black(x, y+48) && black(x+199, y+48) && black(x+100, y+48) && !black(x+30, y+70) && !black(x+170, y+25)
			if ok {
				return true
			}
		}
	}
	return false
}
