package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Behind has requests that come from a proxy of these networks look as they came to
// the proxy: from the last address in X-Forwarded-For that is no such proxy itself.
// What others write into that header is not believed.
func Behind(proxies []netip.Prefix, next http.Handler) http.Handler {
	if len(proxies) == 0 {
		return next
	}
	trusted := func(a netip.Addr) bool {
		for _, p := range proxies {
			if p.Contains(a.Unmap()) {
				return true
			}
		}
		return false
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || !trusted(from.Addr()) {
			next.ServeHTTP(w, r)
			return
		}
		said := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(said) - 1; i >= 0; i-- {
			a, err := netip.ParseAddr(strings.TrimSpace(said[i]))
			if err != nil { // nothing before it can be believed
				break
			}
			r.RemoteAddr = net.JoinHostPort(a.Unmap().String(), "0")
			if !trusted(a) {
				break
			}
		}
		next.ServeHTTP(w, r)
	})
}
