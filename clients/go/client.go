// Package agentmemory is the Go client of the Agent Memory services: memory for LLM agents.
//
// A [Client] holds the generated clients of the three services. Every call of them gets its
// deadline, its credential and, where it changes something, a name of its own under which it is made
// again; every failure is an [Error].
//
//	memory, err := agentmemory.New("localhost:8000", agentmemory.WithAPIKey(key))
//	if err != nil {
//		return err
//	}
//	defer memory.Close()
//	created, err := memory.LongTermMemory.CreateMemories(ctx, &longterm.CreateMemoriesRequest{...})
package agentmemory

import (
	"crypto/tls"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	extraction "github.com/agent-memory/agent-memory/clients/go/agent_memory/extraction/v1"
	longterm "github.com/agent-memory/agent-memory/clients/go/agent_memory/long_term_memory/v1"
	working "github.com/agent-memory/agent-memory/clients/go/agent_memory/working_memory/v1"
)

const (
	maxReceiveBytes = 64 << 20
	// Servers refuse pings that come more often than every 20 s.
	keepaliveTime    = 30 * time.Second
	keepaliveTimeout = 10 * time.Second
	// The default waits up to two minutes before it looks for a restarted server.
	firstReconnect = 100 * time.Millisecond
	maxReconnect   = time.Second
	connectTimeout = 20 * time.Second
)

//go:embed service_config.json
var serviceConfigJSON []byte

// serviceConfig is what the contracts say of deadlines and repetitions.
var serviceConfig = mustReadServiceConfig()

type policies struct {
	Deadlines map[string]float64 `json:"deadlines_seconds"`
	// For a client that gives every change a name of its own, as this one does.
	Named json.RawMessage `json:"named_calls_service_config"`
}

func mustReadServiceConfig() policies {
	var read policies
	if err := json.Unmarshal(serviceConfigJSON, &read); err != nil {
		panic(fmt.Sprintf("agentmemory: service_config.json: %v", err))
	}
	return read
}

// A Client calls the three services over connections that open with the first call. Any number of
// goroutines may share it.
type Client struct {
	// WorkingMemory holds sessions, their messages, and prompts built from them.
	WorkingMemory working.WorkingMemoryServiceClient
	// LongTermMemory stores, finds and changes memories.
	LongTermMemory longterm.LongTermMemoryServiceClient
	// Extraction makes memories of messages, and summaries.
	Extraction extraction.ExtractionServiceClient

	connections []*grpc.ClientConn
}

type settings struct {
	addresses map[string]string
	apiKey    string
	tenant    string
	tls       *tls.Config
	timeout   time.Duration
	dial      []grpc.DialOption
}

// An Option is a setting of a client.
type Option func(*settings)

// WithAPIKey sends a key, or a token, as bearer credential with every call.
func WithAPIKey(key string) Option {
	return func(s *settings) { s.apiKey = key }
}

// WithTenant acts for a tenant, where the servers let callers name one.
func WithTenant(tenant string) Option {
	return func(s *settings) { s.tenant = tenant }
}

// WithTLS uses TLS with this configuration, whatever the scheme of the address; nil means the
// system's authorities.
func WithTLS(config *tls.Config) Option {
	return func(s *settings) {
		s.tls = config
		if config == nil {
			s.tls = &tls.Config{MinVersion: tls.VersionTLS12}
		}
	}
}

// WithTimeout bounds every call whose context has no deadline, instead of the method's own.
func WithTimeout(timeout time.Duration) Option {
	return func(s *settings) { s.timeout = timeout }
}

// WithServiceAddress names a service apart, by its package: working_memory, long_term_memory or
// extraction.
func WithServiceAddress(service, address string) Option {
	return func(s *settings) { s.addresses[service] = address }
}

// WithDialOptions adds options of gRPC to every connection.
func WithDialOptions(options ...grpc.DialOption) Option {
	return func(s *settings) { s.dial = append(s.dial, options...) }
}

// New makes a client of the services behind an address, which connects with the first call.
//
// An address is http(s)://host[:port], grpc(s)://host[:port], host:port or a target of gRPC such as
// dns:///name:port. https and grpcs mean TLS.
func New(address string, options ...Option) (*Client, error) {
	chosen := &settings{addresses: map[string]string{}}
	for _, option := range options {
		option(chosen)
	}
	client := &Client{}
	open := map[string]*grpc.ClientConn{}
	connect := func(service string) (*grpc.ClientConn, error) {
		own := address
		if named, ok := chosen.addresses[service]; ok {
			own = named
		}
		if connection, ok := open[own]; ok {
			return connection, nil
		}
		connection, err := dial(own, chosen)
		if err != nil {
			return nil, err
		}
		open[own] = connection
		client.connections = append(client.connections, connection)
		return connection, nil
	}
	for service := range chosen.addresses {
		if service != "working_memory" && service != "long_term_memory" && service != "extraction" {
			return nil, fmt.Errorf("agentmemory: %q is none of the services", service)
		}
	}
	workingMemory, err := connect("working_memory")
	if err != nil {
		return nil, err
	}
	longTermMemory, err := connect("long_term_memory")
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	extractor, err := connect("extraction")
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	client.WorkingMemory = working.NewWorkingMemoryServiceClient(workingMemory)
	client.LongTermMemory = longterm.NewLongTermMemoryServiceClient(longTermMemory)
	client.Extraction = extraction.NewExtractionServiceClient(extractor)
	return client, nil
}

// Close ends the client for good; calls under way are cancelled.
func (c *Client) Close() error {
	var failed []error
	for _, connection := range c.connections {
		failed = append(failed, connection.Close())
	}
	return errors.Join(failed...)
}

func dial(address string, chosen *settings) (*grpc.ClientConn, error) {
	target, secure, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	config := chosen.tls
	if config == nil && secure {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	transport := insecure.NewCredentials()
	if config != nil {
		transport = credentials.NewTLS(config)
	}
	caller := &caller{apiKey: chosen.apiKey, tenant: chosen.tenant, timeout: chosen.timeout}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithDefaultServiceConfig(string(serviceConfig.Named)),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxReceiveBytes)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: keepaliveTime, Timeout: keepaliveTimeout,
		}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{
				BaseDelay: firstReconnect, Multiplier: 1.6, Jitter: 0.2, MaxDelay: maxReconnect,
			},
			MinConnectTimeout: connectTimeout,
		}),
		grpc.WithChainUnaryInterceptor(caller.unary),
		grpc.WithChainStreamInterceptor(caller.stream),
	}
	connection, err := grpc.NewClient(target, append(options, chosen.dial...)...)
	if err != nil {
		return nil, fmt.Errorf("agentmemory: address %q: %w", address, err)
	}
	return connection, nil
}

var defaultPorts = map[string]string{"http": "80", "https": "443", "grpc": "80", "grpcs": "443"}

func parseAddress(address string) (target string, secure bool, err error) {
	scheme, _, found := strings.Cut(address, ":")
	if found && (scheme == "dns" || strings.HasPrefix(scheme, "unix") || scheme == "passthrough") {
		return address, false, nil
	}
	written := address
	if !strings.Contains(address, "://") {
		address = "grpc://" + address
	}
	parsed, err := url.Parse(address)
	if err != nil {
		return "", false, fmt.Errorf("agentmemory: %q is no address: %w", written, err)
	}
	port, known := defaultPorts[parsed.Scheme]
	if !known {
		return "", false, fmt.Errorf(
			"agentmemory: scheme of %q is none of grpc, grpcs, http, https", written)
	}
	if parsed.Hostname() == "" || strings.Trim(parsed.Path, "/") != "" || parsed.User != nil ||
		parsed.RawQuery != "" || parsed.Fragment != "" {
		return "", false, fmt.Errorf(
			"agentmemory: %q may hold a scheme, a host and a port only", written)
	}
	if parsed.Port() != "" {
		port = parsed.Port()
	} else if address != written {
		return "", false, fmt.Errorf("agentmemory: %q needs a scheme or a port", written)
	}
	host := parsed.Hostname()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	secure = parsed.Scheme == "https" || parsed.Scheme == "grpcs"
	return "dns:///" + host + ":" + port, secure, nil
}
