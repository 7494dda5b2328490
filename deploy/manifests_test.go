package deploy

// The types below are those of Kubernetes, as far as the manifests use them: what they
// do not know is a mistake.

type labels map[string]string

// within reports whether whoever has these labels is selected by others.
func (l labels) within(selector labels) bool {
	for name, value := range selector {
		if l[name] != value {
			return false
		}
	}
	return len(selector) > 0
}

// Header is what every manifest begins with.
type Header struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct {
		Name   string
		Labels labels
	}
}

type selector struct {
	MatchLabels labels `yaml:"matchLabels"`
}

type kustomization struct {
	Header    `yaml:",inline"`
	Namespace string
	Resources []string
	Images    []map[string]string
}

type configMap struct {
	Header `yaml:",inline"`
	Data   map[string]string
}

type deployment struct {
	Header `yaml:",inline"`
	Spec   struct {
		Replicas int
		Selector selector
		Strategy struct {
			RollingUpdate map[string]int `yaml:"rollingUpdate"`
		}
		Template struct {
			Metadata struct{ Labels labels }
			Spec     podSpec
		}
	}
}

type podSpec struct {
	Grace           int  `yaml:"terminationGracePeriodSeconds"`
	Token           bool `yaml:"automountServiceAccountToken"`
	SecurityContext struct {
		RunAsNonRoot   bool                  `yaml:"runAsNonRoot"`
		RunAsUser      int                   `yaml:"runAsUser"`
		RunAsGroup     int                   `yaml:"runAsGroup"`
		FSGroup        int                   `yaml:"fsGroup"`
		SeccompProfile struct{ Type string } `yaml:"seccompProfile"`
	} `yaml:"securityContext"`
	Spread []struct {
		MaxSkew           int      `yaml:"maxSkew"`
		TopologyKey       string   `yaml:"topologyKey"`
		WhenUnsatisfiable string   `yaml:"whenUnsatisfiable"`
		LabelSelector     selector `yaml:"labelSelector"`
	} `yaml:"topologySpreadConstraints"`
	Containers []podContainer
	Volumes    []struct {
		Name      string
		ConfigMap struct{ Name string } `yaml:"configMap"`
		EmptyDir  map[string]string     `yaml:"emptyDir"`
	}
}

type podContainer struct {
	Name, Image string
	Args        []string
	Env         []struct{ Name, Value string }
	EnvFrom     []struct {
		SecretRef struct {
			Name     string
			Optional bool
		} `yaml:"secretRef"`
	} `yaml:"envFrom"`
	Ports []struct {
		Name          string
		ContainerPort int `yaml:"containerPort"`
	}
	StartupProbe   probe `yaml:"startupProbe"`
	LivenessProbe  probe `yaml:"livenessProbe"`
	ReadinessProbe probe `yaml:"readinessProbe"`
	Lifecycle      struct {
		PreStop struct {
			Sleep struct{ Seconds int }
		} `yaml:"preStop"`
	}
	Resources       struct{ Requests, Limits map[string]string }
	SecurityContext struct {
		Escalation   bool `yaml:"allowPrivilegeEscalation"`
		ReadOnlyRoot bool `yaml:"readOnlyRootFilesystem"`
		Capabilities struct{ Drop []string }
	} `yaml:"securityContext"`
	VolumeMounts []struct {
		Name      string
		MountPath string `yaml:"mountPath"`
		ReadOnly  bool   `yaml:"readOnly"`
	} `yaml:"volumeMounts"`
}

type probe struct {
	HTTPGet struct{ Path, Port string } `yaml:"httpGet"`
	Period  int                         `yaml:"periodSeconds"`
	Timeout int                         `yaml:"timeoutSeconds"`
	Failure int                         `yaml:"failureThreshold"`
}

// port returns the number of a port by its name, 0 if there is none.
func (c *podContainer) port(name string) int {
	for _, p := range c.Ports {
		if p.Name == name {
			return p.ContainerPort
		}
	}
	return 0
}

type clusterService struct {
	Header `yaml:",inline"`
	Spec   struct {
		Selector labels
		Ports    []struct {
			Name       string
			Port       int
			TargetPort string `yaml:"targetPort"`
		}
	}
}

type disruptionBudget struct {
	Header `yaml:",inline"`
	Spec   struct {
		MaxUnavailable int `yaml:"maxUnavailable"`
		Selector       selector
	}
}

type autoscaler struct {
	Header `yaml:",inline"`
	Spec   struct {
		ScaleTargetRef struct {
			APIVersion string `yaml:"apiVersion"`
			Kind, Name string
		} `yaml:"scaleTargetRef"`
		MinReplicas int `yaml:"minReplicas"`
		MaxReplicas int `yaml:"maxReplicas"`
		Metrics     []struct {
			Type     string
			Resource struct {
				Name   string
				Target target
			}
			Pods struct {
				Metric struct{ Name string }
				Target target
			}
		}
		Behavior struct {
			ScaleDown struct {
				Window   int `yaml:"stabilizationWindowSeconds"`
				Policies []struct {
					Type   string
					Value  int
					Period int `yaml:"periodSeconds"`
				}
			} `yaml:"scaleDown"`
		}
	}
}

type target struct {
	Type        string
	Utilization int    `yaml:"averageUtilization"`
	Value       string `yaml:"averageValue"`
}

type networkPolicy struct {
	Header `yaml:",inline"`
	Spec   struct {
		PodSelector selector `yaml:"podSelector"`
		PolicyTypes []string `yaml:"policyTypes"`
		Ingress     []rule
		Egress      []rule
	}
}

type rule struct {
	From, To []struct {
		PodSelector       selector `yaml:"podSelector"`
		NamespaceSelector selector `yaml:"namespaceSelector"`
	}
	Ports []struct {
		Port     any
		Protocol string
	}
}
