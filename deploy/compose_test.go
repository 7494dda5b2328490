package deploy

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// composition is compose.yaml, as far as it is used.
type composition struct {
	Name     string
	Ticker   container `yaml:"x-ticker"`
	Edge     container `yaml:"x-edge"`
	Services map[string]container
	Networks map[string]struct {
		IPAM struct{ Config []map[string]string }
	}
	Volumes map[string]any
}

// container is a service of a composition.
type container struct {
	Image           string
	Build           map[string]string
	Command         []string
	Environment     map[string]string
	Restart         string
	StopGracePeriod string   `yaml:"stop_grace_period"`
	ReadOnly        bool     `yaml:"read_only"`
	CapDrop         []string `yaml:"cap_drop"`
	SecurityOpt     []string `yaml:"security_opt"`
	Ulimits         map[string]int
	Sysctls         map[string]int
	DependsOn       []string `yaml:"depends_on"`
	Tmpfs           []string
	Volumes         []string
	Ports           []string
	Networks        any
}

func readComposition(t *testing.T) composition {
	t.Helper()
	var c composition
	decode(t, "compose.yaml", shipped(t, "compose.yaml"), &c)
	return c
}

// address is the fixed one of a container, if it has one.
func (c container) address() string {
	networks, _ := c.Networks.(map[string]any)
	inside, _ := networks["inside"].(map[string]any)
	address, _ := inside["ipv4_address"].(string)
	return address
}

// environ is the environment as a process has it.
func (c container) environ() []string {
	var all []string
	for name, value := range c.Environment {
		all = append(all, name+"="+value)
	}
	return all
}

func TestEveryFileAndNameOfTheCompositionIsThere(t *testing.T) {
	t.Parallel()
	c := readComposition(t)
	for name, service := range c.Services {
		for _, other := range service.DependsOn {
			if _, there := c.Services[other]; !there {
				t.Errorf("%s depends on %s, which is not there", name, other)
			}
		}
		for _, volume := range service.Volumes {
			source, _, _ := strings.Cut(volume, ":")
			_, named := c.Volumes[source]
			_, err := os.Stat(source)
			if made := source == "./compose/tls.pem"; !named && !made && (err != nil || !strings.HasPrefix(source, "./")) {
				t.Errorf("%s has a volume %s, which is not there", name, source)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(c.Ticker.Build["context"], c.Ticker.Build["dockerfile"])); err != nil {
		t.Error(err)
	}
}

func TestTheCompositionRunsTheProgramAsItWantsToBeRun(t *testing.T) {
	t.Parallel()
	var ran []string
	c := readComposition(t)
	if nats := c.Services["nats"].Command; !slices.Contains(nats, "--jetstream") {
		t.Errorf("NATS runs %q, without JetStream", nats)
	}
	for name, service := range c.Services {
		if service.Image != "ticker" {
			continue
		}
		ran = append(ran, name)
		expectArguments(t, service.Command)
		file := service.Command[slices.Index(service.Command, "--config")+1]
		mounted := slices.IndexFunc(service.Volumes, func(v string) bool { return strings.Contains(v, ":"+file+":") })
		if mounted < 0 {
			t.Errorf("%s has no volume with %s", name, file)
			continue
		}
		source, _, _ := strings.Cut(service.Volumes[mounted], ":")
		s := effective(t, shipped(t, source), service.environ()...)
		role, _, _ := strings.Cut(name, "-")
		s.expectPlace(t, name, role)
		if role == "edge" && !slices.Equal(s.Proxies, []string{c.Networks["inside"].IPAM.Config[0]["subnet"]}) {
			t.Errorf("%s believes %v", name, s.Proxies)
		}
		if !strings.HasSuffix(s.Admin, ":9090") || !strings.HasSuffix(s.Listen, ":8080") {
			t.Errorf("%s listens on %s and %s", name, s.Listen, s.Admin)
		}
		if service.Ulimits["nofile"] < s.Limits.Sessions+256 || duration(t, service.StopGracePeriod) <= duration(t, s.Shutdown.Timeout) {
			t.Errorf("%s has %v and %s to end", name, service.Ulimits, service.StopGracePeriod)
		}
	}
	slices.Sort(ran)
	if diff := cmp.Diff([]string{"edge-a", "edge-b", "edge-c", "ingest"}, ran); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
}

func TestHAProxyAndPrometheusKnowTheServicesOfTheComposition(t *testing.T) {
	t.Parallel()
	c := readComposition(t)
	var edges []string
	places := map[string]bool{"127.0.0.1:9090": true, "haproxy:8404": true}
	for name, service := range c.Services {
		if address := service.address(); address != "" {
			edges, name = append(edges, address), address
		}
		if service.Image == "ticker" {
			places[name+":9090"] = true
		}
	}
	for _, file := range []string{"haproxy.cfg", "nginx.conf"} {
		servers := make(map[string]bool)
		for _, found := range regexp.MustCompile(`(?m)^\s*server (?:\w )?([\d.]+):8080`).FindAllStringSubmatch(shipped(t, file), -1) {
			servers[found[1]] = true
		}
		if diff := cmp.Diff(slices.Sorted(slices.Values(edges)), slices.Sorted(maps.Keys(servers))); diff != "" {
			t.Errorf("edges of compose.yaml and of %s (-want +got):\n%s", file, diff)
		}
	}
	scraped := regexp.MustCompile(`"([\w.-]+:\d+)"`).FindAllStringSubmatch(shipped(t, "prometheus/prometheus.yml"), -1)
	for _, target := range scraped {
		if !places[target[1]] {
			t.Errorf("Prometheus scrapes %s, which is not there", target[1])
		}
		delete(places, target[1])
	}
	if len(places) > 0 {
		t.Errorf("Prometheus does not scrape %v", places)
	}
}

func TestTheImageIsMadeOfWhatTheRepositoryHas(t *testing.T) {
	t.Parallel()
	if base := instruction(t, "FROM"); base != "scratch" {
		t.Errorf("it is made upon %s", base)
	}
	if user := instruction(t, "USER"); user != "65532:65532" {
		t.Errorf("it runs as %s", user)
	}
	if !strings.Contains(shipped(t, "Dockerfile"), "\nCOPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/\n") {
		t.Error("it has no certificates of the web, so that no venue can be verified")
	}
	var args []string
	decode(t, "CMD", instruction(t, "CMD"), &args)
	expectArguments(t, args)
}

func TestTheProgramOfTheImageIsThatOfTheRelease(t *testing.T) {
	t.Parallel()
	text := shipped(t, "Dockerfile")
	compiler := regexp.MustCompile(`(?m)^TOOLCHAIN := go(\S+)$`).FindStringSubmatch(shipped(t, "../Makefile"))
	if compiler == nil || !strings.Contains(text, " golang:"+compiler[1]+"-") {
		t.Errorf("it is not built with the compiler of releases, %v", compiler)
	}
	var entry []string
	decode(t, "ENTRYPOINT", instruction(t, "ENTRYPOINT"), &entry)
	for _, line := range []string{
		"ARG VERSION",
		`RUN ARCHES="$TARGETARCH" make release`,
		"COPY --from=build /src/bin/release/ticker-linux-$TARGETARCH " + entry[0],
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("no %s", line)
		}
	}
	if ignored := shipped(t, "Dockerfile.dockerignore"); strings.Contains(ignored, ".git") {
		t.Error("it is built without .git, so that its program tells no commit")
	}
}

// instruction returns what the last instruction of a kind in the Dockerfile says.
func instruction(t *testing.T, keyword string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^`+keyword+` (.*)$`).FindAllStringSubmatch(shipped(t, "Dockerfile"), -1)
	if found == nil {
		t.Fatalf("no %s", keyword)
	}
	return found[len(found)-1][1]
}
