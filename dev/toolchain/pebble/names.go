package main

import (
	"log"
	"net"
	"strings"

	"github.com/miekg/dns"
)

// addressIn returns the address in a name such as shop.10-213-7-11.test, nil where it has none.
func addressIn(name string) net.IP {
	for _, label := range strings.Split(name, ".") {
		if address := net.ParseIP(strings.ReplaceAll(label, "-", ".")); address != nil && address.To4() != nil {
			return address.To4()
		}
	}
	return nil
}

// serveNames is a name server for all names that have their address in them.
func serveNames(address string) {
	handler := dns.HandlerFunc(func(writer dns.ResponseWriter, request *dns.Msg) {
		answer := new(dns.Msg)
		answer.SetReply(request)
		for _, question := range request.Question {
			found := addressIn(question.Name)
			if found == nil {
				answer.Rcode = dns.RcodeNameError
			} else if question.Qtype == dns.TypeA {
				header := dns.RR_Header{Name: question.Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}
				answer.Answer = append(answer.Answer, &dns.A{Hdr: header, A: found})
			}
		}
		if err := writer.WriteMsg(answer); err != nil {
			log.Print(err)
		}
	})
	log.Fatal(dns.ListenAndServe(address, "udp", handler))
}
