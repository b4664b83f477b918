package web_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"loket/kiosk/seal"
)

// Single signed reports, 32 at a time, until each is acknowledged, and until each is a
// case. Without connections: what is measured is the hub.
func BenchmarkIngest(b *testing.B) {
	for _, before := range []int{0, 2_000, 20_000} {
		b.Run(fmt.Sprintf("cases=%d", before), func(b *testing.B) { benchmarkIngest(b, before) })
	}
}

func benchmarkIngest(b *testing.B, before int) {
	o := newOffice(b)
	for ; before > 0; before -= 100 {
		var batch [][]byte
		for range 100 {
			e, _, _ := o.report()
			batch = append(batch, e)
		}
		if resp, _ := o.send(batch...); resp.StatusCode != http.StatusOK {
			b.Fatal(resp.StatusCode)
		}
	}
	o.allOpened(b)
	bodies := make([][]byte, b.N)
	signatures := make([]string, b.N)
	for i := range bodies {
		e, _, _ := o.report()
		var body bytes.Buffer
		if err := seal.WriteBatch(&body, [][]byte{e}); err != nil {
			b.Fatal(err)
		}
		bodies[i] = body.Bytes()
		signatures[i] = base64.StdEncoding.EncodeToString(seal.SignRequest(o.key, "POST", "/api/v1/envelopes", bodies[i]))
	}
	var sent atomic.Int64
	b.SetParallelism(16)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := sent.Add(1) - 1
			r := httptest.NewRequest(http.MethodPost, "/api/v1/envelopes", bytes.NewReader(bodies[i]))
			r.Header.Set("Content-Type", seal.BatchType)
			r.Header.Set("Loket-Kiosk", o.id)
			r.Header.Set("Loket-Signature", signatures[i])
			w := httptest.NewRecorder()
			o.server.Config.Handler.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				b.Error(w.Code, w.Body)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reports/s")
	o.allOpened(b)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "cases/s")
}

// allOpened waits until every report is a case.
func (o *office) allOpened(b *testing.B) {
	for unopened := 1; unopened > 0; time.Sleep(5 * time.Millisecond) {
		some, err := o.book.Unopened(b.Context(), 1)
		if err != nil {
			b.Fatal(err)
		}
		unopened = len(some)
	}
}
