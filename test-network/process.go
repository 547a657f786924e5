// SPDX-License-Identifier: Apache-2.0

package testnetwork

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Kinds of processes.
const (
	KindOrderer   = "orderer"
	KindPeer      = "peer"
	KindChaincode = "chaincode"
	KindService   = "service"
)

const (
	pollInterval = 50 * time.Millisecond
	startTimeout = 60 * time.Second
	// stopTimeout is how long a process has to end by itself before it is killed.
	stopTimeout = 15 * time.Second
)

// process is what the network runs, and how.
type process struct {
	Name    string
	Kind    string
	Program string
	Args    []string
	Env     []string
	Dir     string
	Listen  []listener
	// Settings are written before it starts: path and content.
	Settings map[string][]byte
	// Revision changes when the process has to be restarted to be up to date.
	Revision string
	// ready tells whether the process works; nil means that it listens.
	ready func(context.Context) error
}

// listener is a port on 127.0.0.1 and what it is for.
type listener struct {
	Port int
	Use  string
}

// record is what is known of a started process, kept in run/NAME.json.
type record struct {
	Kind     string    `json:"kind"`
	PID      int       `json:"pid"`
	Identity string    `json:"identity"`
	Revision string    `json:"revision,omitempty"`
	Started  time.Time `json:"started"`
	// Stopped is set by an orderly stop: not running, but no crash either.
	Stopped bool `json:"stopped,omitempty"`
}

// alive tells whether the very process of the record still runs.
func (r record) alive() bool { return r.PID > 0 && r.Identity != "" && identify(r.PID) == r.Identity }

func (n *Network) recordPath(name string) string { return filepath.Join(n.dir, "run", name+".json") }

func (n *Network) logPath(name string) string { return filepath.Join(n.dir, "log", name+".log") }

func (n *Network) readRecord(name string) (record, error) {
	var r record
	data, err := os.ReadFile(n.recordPath(name))
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, fmt.Errorf("record of %s: %w", name, err)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("record of %s: %w", name, err)
	}
	return r, nil
}

func (n *Network) writeRecord(name string, r record) error {
	return writeJSON(n.recordPath(name), r)
}

// start runs p unless it runs already, and returns whether it had to. It does not wait until p works.
func (n *Network) start(ctx context.Context, p process) (bool, error) {
	r, err := n.readRecord(p.Name)
	if err != nil {
		return false, err
	}
	if r.alive() {
		if r.Revision == p.Revision {
			return false, nil
		}
		if err := n.stop(ctx, p.Name); err != nil {
			return false, err
		}
	}
	if err := n.portsFree(ctx, p); err != nil {
		return false, err
	}
	for path, data := range p.Settings {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), writeFile(path, data)); err != nil {
			return false, fmt.Errorf("settings of %s: %w", p.Name, err)
		}
	}
	log, err := os.OpenFile(n.logPath(p.Name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return false, fmt.Errorf("log of %s: %w", p.Name, err)
	}
	defer log.Close()

	cmd := exec.Command(p.Program, p.Args...) // without the context: it outlives the caller
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = p.Dir, append(baseEnv(), p.Env...), log, log
	// A session of its own: neither Ctrl-C nor the end of this program reaches it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return false, fmt.Errorf("start %s: %w", p.Name, err)
	}
	r = record{Kind: p.Kind, PID: cmd.Process.Pid, Identity: identify(cmd.Process.Pid), Revision: p.Revision, Started: time.Now().UTC()}
	go func() { _ = cmd.Wait() }() // reaps it, if it ends while we live; its fate is read from the record
	if err := n.writeRecord(p.Name, r); err != nil {
		// Nobody would find it again.
		return false, errors.Join(err, kill(ctx, p.Name, r))
	}
	return true, nil
}

// lazyGC lets all processes collect garbage later than Go would: they hold little and allocate much, and a payment takes a
// sixth less CPU for some more memory (`bench --only floor,H` with and without GOGC=100). A GOGC of the caller's goes before.
const lazyGC = "GOGC=400"

// baseEnv is the little that is inherited; a stray CORE_… of the caller must not reach a peer.
func baseEnv() []string {
	env := []string{lazyGC}
	for _, name := range []string{"GOGC", "PATH", "HOME", "TMPDIR", "TZ"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// portsFree refuses ports that another program holds.
func (n *Network) portsFree(ctx context.Context, p process) error {
	var listen net.ListenConfig
	for _, l := range p.Listen {
		s, err := listen.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(l.Port)))
		if err == nil {
			err = s.Close()
		}
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("%w: 127.0.0.1:%d, which %s needs for %s. End the program that holds it (`ss -ltnp` or `lsof -i :%d` shows it), or %s",
				ErrPortInUse, l.Port, p.Name, l.Use, l.Port, n.otherPort(p))
		}
		if err != nil {
			return fmt.Errorf("port %d of %s (%s): %w", l.Port, p.Name, l.Use, err)
		}
	}
	return nil
}

// otherPort is how p gets another one.
func (n *Network) otherPort(p process) string {
	switch {
	case p.Kind == KindService:
		return "give " + p.Name + " another port"
	case n.state.Made:
		return "reset this network (its ledgers are lost) and give it another base port"
	default:
		return "give this network another base port"
	}
}

// waitReady waits until p works, and fails early if it dies.
func (n *Network) waitReady(ctx context.Context, p process) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	var last error
	for {
		// Asked first: a process that died must not be taken for another one that answers on its port.
		r, err := n.readRecord(p.Name)
		if err != nil {
			return err
		}
		if !r.alive() {
			return n.died(p.Name)
		}
		if last = p.check(ctx); last == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not get ready (%w): %w\n%s", p.Name, ctx.Err(), last, n.tail(p.Name))
		case <-time.After(pollInterval):
		}
	}
}

func (p process) check(ctx context.Context) error {
	if p.ready != nil {
		return p.ready(ctx)
	}
	for _, l := range p.Listen {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(l.Port)))
		if err != nil {
			return err
		}
		_ = conn.Close()
	}
	return nil
}

// died explains the death of a process by its last words.
func (n *Network) died(name string) error {
	last := n.tail(name)
	for words, err := range causes {
		if strings.Contains(last, words) {
			return fmt.Errorf("%s died: %w; the last lines of %s:\n%s", name, err, n.logPath(name), last)
		}
	}
	return fmt.Errorf("%s died; the last lines of %s:\n%s", name, n.logPath(name), last)
}

// causes are last words that have a meaning of their own.
var causes = map[string]error{
	"no space left on device": fmt.Errorf("%w: free some space and start again", ErrDiskFull),
	"address already in use":  fmt.Errorf("%w: another program took it just now; start again or choose another base port", ErrPortInUse),
	// A peer looks for one at every start, although it listens on 127.0.0.1 here.
	"no non-loopback, IPv4 interface": errors.New("a peer wants a network interface with an IPv4 address beside 127.0.0.1; connect the machine to a network"),
}

// stop ends a process: SIGTERM, and SIGKILL for it and all its children if it does not obey.
func (n *Network) stop(ctx context.Context, name string) error {
	r, err := n.readRecord(name)
	if err != nil {
		return err
	}
	if r.alive() {
		_ = syscall.Kill(r.PID, syscall.SIGTERM) // may have ended meanwhile: asked again below
		deadline := time.After(stopTimeout)
	wait:
		for r.alive() {
			select {
			case <-ctx.Done():
				return fmt.Errorf("stop %s: %w", name, ctx.Err())
			case <-deadline:
				if err := kill(ctx, name, r); err != nil {
					return err
				}
				break wait
			case <-time.After(pollInterval):
			}
		}
	}
	r.Stopped = true
	return n.writeRecord(name, r)
}

// kill ends a process and its children without a chance to object, and waits until it is gone.
func kill(ctx context.Context, name string, r record) error {
	if !r.alive() {
		return nil
	}
	if err := syscall.Kill(-r.PID, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("kill %s (process %d): %w", name, r.PID, err)
	}
	for r.alive() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("kill %s (process %d): %w", name, r.PID, ctx.Err())
		case <-time.After(pollInterval):
		}
	}
	return nil
}
