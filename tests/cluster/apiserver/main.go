// Command apiserver is one program that is Kubernetes' store, its API server or its controllers, for
// tests that want what a real one answers. The first argument says which.
package main

import (
	"fmt"
	"os"

	etcd "go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: apiserver etcd|api OPTION...")
		os.Exit(2)
	}
	which, arguments := os.Args[1], append([]string{os.Args[1]}, os.Args[2:]...)
	os.Args = arguments
	switch which {
	case "etcd":
		etcd.Main(arguments)
	case "api":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	default:
		fmt.Fprintln(os.Stderr, "there is no", which)
		os.Exit(2)
	}
}
