package deploy

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"ticker/internal/servertest"
)

// cluster is everything that the manifests make.
type cluster struct {
	configs     map[string]configMap
	deployments map[string]deployment
	services    map[string]clusterService
	budgets     []disruptionBudget
	scalers     []autoscaler
	policies    []networkPolicy
}

// readCluster reads every manifest that kustomization.yaml names.
func readCluster(t *testing.T) *cluster {
	t.Helper()
	var k kustomization
	decode(t, "kustomization.yaml", shipped(t, "kubernetes/kustomization.yaml"), &k)
	c := &cluster{configs: map[string]configMap{}, deployments: map[string]deployment{}, services: map[string]clusterService{}}
	for _, file := range k.Resources {
		for document := range strings.SplitSeq(shipped(t, "kubernetes/"+file), "\n---\n") {
			c.add(t, file, document)
		}
	}
	return c
}

// add reads one manifest into the type that it says it is of.
func (c *cluster) add(t *testing.T, file, document string) {
	t.Helper()
	var h Header
	must(t, yaml.Unmarshal([]byte(document), &h))
	switch name := h.Metadata.Name; h.APIVersion + " " + h.Kind {
	case "v1 Namespace":
		decode(t, file, document, &h)
	case "v1 ConfigMap":
		c.configs[name] = decoded[configMap](t, file, document)
	case "apps/v1 Deployment":
		c.deployments[name] = decoded[deployment](t, file, document)
	case "v1 Service":
		c.services[name] = decoded[clusterService](t, file, document)
	case "policy/v1 PodDisruptionBudget":
		c.budgets = append(c.budgets, decoded[disruptionBudget](t, file, document))
	case "autoscaling/v2 HorizontalPodAutoscaler":
		c.scalers = append(c.scalers, decoded[autoscaler](t, file, document))
	case "networking.k8s.io/v1 NetworkPolicy":
		c.policies = append(c.policies, decoded[networkPolicy](t, file, document))
	default:
		t.Errorf("%s: nobody knows a %s of %s", file, h.Kind, h.APIVersion)
	}
}

func decoded[T any](t *testing.T, file, document string) (into T) {
	t.Helper()
	decode(t, file, document, &into)
	return into
}

// selected returns the deployments whose pods a selector selects.
func (c *cluster) selected(by labels) (found []deployment) {
	for _, d := range c.deployments {
		if d.Spec.Template.Metadata.Labels.within(by) {
			found = append(found, d)
		}
	}
	return found
}

func TestEveryPodIsRunAsTheProgramWantsToBeRun(t *testing.T) {
	t.Parallel()
	c := readCluster(t)
	if diff := cmp.Diff([]string{"ticker-edge", "ticker-ingest"}, slices.Sorted(maps.Keys(c.deployments))); diff != "" {
		t.Fatalf("deployments (-want +got):\n%s", diff)
	}
	for name, d := range c.deployments {
		pod := d.Spec.Template.Spec
		if !d.Spec.Template.Metadata.Labels.within(d.Spec.Selector.MatchLabels) {
			t.Errorf("%s does not select its own pods", name)
		}
		run := &pod.Containers[0]
		expectArguments(t, run.Args)
		s := c.settingsOf(t, d)
		s.expectPlace(t, name, d.Metadata.Labels["role"])
		if edge := name == "ticker-edge"; edge != (len(s.Proxies) > 0) {
			t.Errorf("%s believes %v", name, s.Proxies)
		}
		for port, listener := range map[string]string{"http": s.Listen, "admin": s.Admin} {
			if !strings.HasSuffix(listener, ":"+strconv.Itoa(run.port(port))) {
				t.Errorf("%s listens on %s, and its port %s is %d", name, listener, port, run.port(port))
			}
		}
		ends := time.Duration(run.Lifecycle.PreStop.Sleep.Seconds)*time.Second + duration(t, s.Shutdown.Timeout)
		if grace := time.Duration(pod.Grace) * time.Second; grace <= ends {
			t.Errorf("%s is killed after %v, and may take %v to end", name, grace, ends)
		}
	}
}

// settingsOf returns the settings of a deployment's program: its configuration is
// mounted, its environment goes over it.
func (c *cluster) settingsOf(t *testing.T, d deployment) settings {
	t.Helper()
	pod := d.Spec.Template.Spec
	run := &pod.Containers[0]
	mounted := make(map[string]string) // by path
	for _, mount := range run.VolumeMounts {
		for _, volume := range pod.Volumes {
			for file, text := range c.configs[volume.ConfigMap.Name].Data {
				if volume.Name == mount.Name {
					mounted[mount.MountPath+"/"+file] = text
				}
			}
		}
	}
	file := run.Args[slices.Index(run.Args, "--config")+1]
	config, there := mounted[file]
	if !there {
		t.Fatalf("%s has no %s", d.Metadata.Name, file)
	}
	var environ []string
	for _, v := range run.Env {
		environ = append(environ, v.Name+"="+v.Value)
	}
	return effective(t, config, environ...)
}

func TestProbesAskForPathsThatTheProgramAnswers(t *testing.T) {
	t.Parallel()
	n := servertest.Start(t, nodeOptions{})
	for name, d := range readCluster(t).deployments {
		run := &d.Spec.Template.Spec.Containers[0]
		for _, p := range []probe{run.StartupProbe, run.LivenessProbe, run.ReadinessProbe} {
			if p.HTTPGet.Port != "admin" {
				t.Errorf("%s is probed on port %s", name, p.HTTPGet.Port)
			}
			code, text, err := request(t.Context(), http.DefaultClient, http.MethodGet, "http://"+n.admin+p.HTTPGet.Path, "")
			if err != nil || code != http.StatusOK {
				t.Errorf("%s is probed at %s: %d %s, %v", name, p.HTTPGet.Path, code, text, err)
			}
		}
		if run.LivenessProbe.HTTPGet.Path == "/readyz" || run.ReadinessProbe.HTTPGet.Path != "/readyz" {
			t.Errorf("%s is restarted when it is not ready, or sent clients", name)
		}
	}
}

// chartValues are those of the chart of NATS.
type chartValues struct {
	Config struct {
		JetStream struct {
			Enabled   bool
			FileStore struct{ PVC struct{ Size string } } `yaml:"fileStore"`
		} `yaml:"jetstream"`
	}
	NATSBox             struct{ Enabled bool }                 `yaml:"natsBox"`
	PodTemplate         struct{ Merge struct{ Spec podSpec } } `yaml:"podTemplate"`
	Container, Reloader struct{ Merge podContainer }
}

func TestNATSOfTheClusterKeepsStreamsAndMayDoNothingElse(t *testing.T) {
	t.Parallel()
	var values chartValues
	decode(t, "nats.yaml", shipped(t, "kubernetes/nats.yaml"), &values)
	if js := values.Config.JetStream; !js.Enabled || js.FileStore.PVC.Size == "" {
		t.Errorf("JetStream is %+v", js)
	}
	pod := values.PodTemplate.Merge.Spec.SecurityContext
	if !pod.RunAsNonRoot || pod.RunAsUser == 0 || pod.SeccompProfile.Type != "RuntimeDefault" {
		t.Errorf("its pod is %+v", pod)
	}
	for _, c := range []podContainer{values.Container.Merge, values.Reloader.Merge} {
		if own := c.SecurityContext; own.Escalation || !slices.Equal(own.Capabilities.Drop, []string{"ALL"}) {
			t.Errorf("a container of it is %+v", own)
		}
	}
}

func TestWhatSelectsPodsFindsThem(t *testing.T) {
	t.Parallel()
	c := readCluster(t)
	by := make(map[string]labels)
	for name, s := range c.services {
		by["service "+name] = s.Spec.Selector
		for _, d := range c.selected(s.Spec.Selector) {
			for _, p := range s.Spec.Ports {
				if d.Spec.Template.Spec.Containers[0].port(p.TargetPort) == 0 {
					t.Errorf("service %s wants a port %s, which %s has not", name, p.TargetPort, d.Metadata.Name)
				}
			}
		}
	}
	for _, b := range c.budgets {
		by["budget "+b.Metadata.Name] = b.Spec.Selector.MatchLabels
	}
	for _, p := range c.policies {
		by["policy "+p.Metadata.Name] = p.Spec.PodSelector.MatchLabels
	}
	if len(by) != 6 {
		t.Errorf("%d things that select pods, want 6", len(by))
	}
	for what, selector := range by {
		if found := c.selected(selector); len(found) != 1 || !strings.HasSuffix(what, " "+found[0].Metadata.Name) {
			t.Errorf("%s selects the pods of %d deployments, and not just its own", what, len(found))
		}
	}
	for _, s := range c.scalers {
		d, there := c.deployments[s.Spec.ScaleTargetRef.Name]
		if !there || d.Spec.Replicas != 0 {
			t.Errorf("%s scales %q, which is not there or has a number of its own", s.Metadata.Name, s.Spec.ScaleTargetRef.Name)
		}
	}
}

func TestPodsMayDoNothingButTheirWork(t *testing.T) {
	t.Parallel()
	for name, d := range readCluster(t).deployments {
		pod, own := d.Spec.Template.Spec.SecurityContext, d.Spec.Template.Spec.Containers[0].SecurityContext
		if !pod.RunAsNonRoot || pod.RunAsUser != 65532 || pod.SeccompProfile.Type != "RuntimeDefault" || own.Escalation ||
			!own.ReadOnlyRoot || !slices.Equal(own.Capabilities.Drop, []string{"ALL"}) || d.Spec.Template.Spec.Token {
			t.Errorf("%s may do more than it needs: %+v %+v", name, pod, own)
		}
	}
}
