// An ACME server in the place of Let's Encrypt's: pebble, at Let's Encrypt's path, with a name server for the names that it
// checks.
package main

import (
	"flag"
	"log"
	"net/http"
	"os"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
)

// Where kamal-proxy looks for the directory.
const directoryPath = "/directory"

func main() {
	address := flag.String("address", "127.0.0.1", "IP address to listen on")
	certificate := flag.String("certificate", "", "certificate of this server")
	key := flag.String("key", "", "its private key")
	root := flag.String("root", "", "file to write the root certificate of issued certificates to")
	flag.Parse()

	// Without the delays and errors that test an ACME client's patience.
	for name, value := range map[string]string{"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"} {
		if err := os.Setenv(name, value); err != nil {
			log.Fatal(err)
		}
	}
	go serveNames(*address + ":53")

	logger, store := log.Default(), db.NewMemoryStore()
	profiles := map[string]ca.Profile{"default": {Description: "The default profile"}}
	authority := ca.New(logger, store, "", 0, 1, profiles)
	validation := va.New(logger, 80, 443, false, *address+":53", store)
	front := wfe.New(logger, store, validation, authority, false, false, 1, 1)
	if err := os.WriteFile(*root, authority.GetRootCert(0).PEM(), 0o644); err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServeTLS(*address+":443", *certificate, *key, atLetsEncryptsPath(front.Handler())))
}

// atLetsEncryptsPath serves pebble's directory where Let's Encrypt has its own.
func atLetsEncryptsPath(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		if request.URL.Path == directoryPath {
			request.URL.Path = wfe.DirectoryPath
		}
		handler.ServeHTTP(response, request)
	})
}
