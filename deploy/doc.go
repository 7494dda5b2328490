// Package deploy holds what an installation is made of, to be copied and changed where
// it says so: configurations of two proxies, a unit of systemd, an image, manifests for
// Compose and Kubernetes, alert rules and a dashboard.
//
//	nginx.conf, haproxy.cfg   the way from clients to several services
//	ticker.service            one service on one machine
//	Dockerfile, compose.yaml  an image, and a whole installation to try
//	kubernetes/               the same for a cluster
//	prometheus/, grafana/     alerts with their tests, and a dashboard
//
// # What the tests do
//
// There is no code here, but tests. They run the files: nginx and HAProxy in front of
// three edges of one relay, each a process, beside the one that takes quotes in and a
// NATS server, with ports and paths replaced and nothing else; the
// manifests' settings go through the program's own check; every metric that an alert or
// a panel names is looked for in what a service really exports. What does not need the
// programs themselves is checked by the tools that will read it, promtool and
// systemd-analyze.
//
// # Concurrency
//
// Each test has services and proxies of its own, which end with it; they share the
// program, which is built once.
//
// # What the caller must do
//
// Read docs/OPERATIONS.md, whose sections on load balancing and deployment tell why the
// files are as they are.
package deploy
