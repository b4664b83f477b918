package metrics

import (
	"net/http"
	"strconv"
	"time"
)

// Requests returns a handler that measures what next takes. The label is the pattern
// that next's mux found for the request, never its path: that may hold a number.
func (m *Metrics) Requests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		answer := &answer{ResponseWriter: w}
		defer func() {
			route, code := r.Pattern, answer.code
			if route == "" {
				route = "none"
			}
			if code == 0 {
				code = http.StatusOK
			}
			m.requests.WithLabelValues(route, strconv.Itoa(code)).Observe(time.Since(began).Seconds())
		}()
		next.ServeHTTP(answer, r)
	})
}

// answer notes the status of an answer.
type answer struct {
	http.ResponseWriter
	code int
}

// WriteHeader implements [http.ResponseWriter].
func (a *answer) WriteHeader(code int) {
	if a.code == 0 && code >= 200 { // what comes before is not the answer yet
		a.code = code
	}
	a.ResponseWriter.WriteHeader(code)
}

// Unwrap lets [http.ResponseController] reach the writer beneath.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
