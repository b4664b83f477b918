package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// What a look-up costs the hub, without a connection: the page for a person, and the
// same as JSON for a program.
func BenchmarkTrack(b *testing.B) {
	o := newOffice(b)
	e, n, c := o.report()
	o.send(e)
	o.opened(n)
	form := url.Values{"number": {string(n)}, "code": {string(c)}}.Encode()
	asked := 0
	for _, accept := range []string{"text/html", "application/json"} {
		b.Run(accept, func(b *testing.B) {
			for b.Loop() {
				r := httptest.NewRequest(http.MethodPost, "/t", strings.NewReader(form))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("Accept", accept)
				r.RemoteAddr = fmt.Sprintf("10.%d.%d.1:9", asked/50>>8&255, asked/50&255) // fifty a network: more must wait
				asked++
				w := httptest.NewRecorder()
				o.server.Config.Handler.ServeHTTP(w, r)
				if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), string(n)) {
					b.Fatal(w.Code, w.Body)
				}
			}
		})
	}
}
