// Checks a log of Mirror and its proofs with the packages that check Go's own checksum database, and with no code of Mirror's.
// Usage: main FOLDER; exit 1 and a sentence when something does not hold. In the folder: key.pub, checkpoints, *.jsonl, *.tlog-proof and
// consistency (lines "older newer base64,base64,…"). Tests that this can fail are in GoTlogIT.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hashes[i] = s[index]
	}
	return hashes, nil
}

func main() {
	if err := check(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(folder string) error {
	key, err := os.ReadFile(filepath.Join(folder, "key.pub"))
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(strings.SplitN(string(key), "\n", 2)[0])
	if err != nil {
		return err
	}
	tree, events, err := lines(folder)
	if err != nil {
		return err
	}
	checkpoints, err := os.ReadFile(filepath.Join(folder, "checkpoints"))
	if err != nil {
		return err
	}
	parts := strings.Split(string(checkpoints), "\n\n")
	signed := 0
	for ; len(parts) >= 3; parts = parts[2:] {
		if _, _, err := root(parts[0]+"\n\n"+parts[1]+"\n", verifier, tree, events); err != nil {
			return err
		}
		signed++
	}
	if len(parts) != 1 || parts[0] != "" {
		return fmt.Errorf("the checkpoints file does not end in an empty line")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.tlog-proof"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := proof(file, verifier, tree, events); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
	}
	grown, err := consistency(filepath.Join(folder, "consistency"), tree)
	if err != nil {
		return err
	}
	fmt.Printf("%d events, %d checkpoints, %d proofs, %d growths\n", events, signed, len(files), grown)
	return nil
}

// lines reads the events and adds each one's hash, computed from its bytes, to a tree.
func lines(folder string) (stored, int64, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
	if err != nil {
		return nil, 0, err
	}
	sort.Strings(files)
	var tree stored
	var events int64
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, 0, err
		}
		scanner := bufio.NewScanner(bytes.NewReader(content))
		scanner.Buffer(nil, 1<<20)
		for scanner.Scan() {
			hash, err := hashOf(scanner.Bytes())
			if err != nil {
				return nil, 0, fmt.Errorf("event %d: %w", events+1, err)
			}
			hashes, err := tlog.StoredHashes(events, hash, tree)
			if err != nil {
				return nil, 0, err
			}
			tree = append(tree, hashes...)
			events++
		}
	}
	return tree, events, nil
}

// hashOf computes an event's hash, which is a leaf's data, from its line.
func hashOf(line []byte) ([]byte, error) {
	if len(line) < 75 {
		return nil, fmt.Errorf("the line is too short")
	}
	sum := sha256.Sum256(line[:len(line)-75])
	if string(line[len(line)-75:]) != `,"hash":"`+hex.EncodeToString(sum[:])+`"}` {
		return nil, fmt.Errorf("the line does not match its hash")
	}
	return sum[:], nil
}

// root opens a checkpoint and compares its root with that of the tree.
func root(text string, verifier note.Verifier, tree stored, events int64) (int64, tlog.Hash, error) {
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		return 0, tlog.Hash{}, err
	}
	rows := strings.Split(opened.Text, "\n")
	if len(rows) != 4 || rows[0] != verifier.Name() {
		return 0, tlog.Hash{}, fmt.Errorf("this is not a checkpoint of %s", verifier.Name())
	}
	size, err := strconv.ParseInt(rows[1], 10, 64)
	if err != nil {
		return 0, tlog.Hash{}, err
	}
	if size > events {
		return 0, tlog.Hash{}, fmt.Errorf("a checkpoint covers %d events and there are %d", size, events)
	}
	want, err := tlog.ParseHash(rows[2])
	if err != nil {
		return 0, tlog.Hash{}, err
	}
	got, err := tlog.TreeHash(size, tree)
	if err != nil {
		return 0, tlog.Hash{}, err
	}
	if got != want {
		return 0, tlog.Hash{}, fmt.Errorf("the root of %d events is %v, and the checkpoint has %v", size, got, want)
	}
	return size, want, nil
}

// proof reads a c2sp.org/tlog-proof by its specification, checks it, and compares it with the one computed here.
func proof(file string, verifier note.Verifier, tree stored, events int64) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	halves := strings.SplitN(string(content), "\n\n", 2)
	rows := strings.Split(halves[0], "\n")
	if len(halves) != 2 || len(rows) < 3 || rows[0] != "c2sp.org/tlog-proof@v1" {
		return fmt.Errorf("this is not a tlog-proof")
	}
	line, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(rows[1], "extra "))
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(rows[2], "index "), 10, 64)
	if err != nil {
		return err
	}
	var path tlog.RecordProof
	for _, row := range rows[3:] {
		hash, err := tlog.ParseHash(row)
		if err != nil {
			return err
		}
		path = append(path, hash)
	}
	size, signed, err := root(halves[1], verifier, tree, events)
	if err != nil {
		return err
	}
	data, err := hashOf(line)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(path, size, signed, index, tlog.RecordHash(data)); err != nil {
		return err
	}
	own, err := tlog.ProveRecord(size, index, tree)
	if err != nil {
		return err
	}
	return same(path, own)
}

func consistency(file string, tree stored) (int, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	rows := strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
	for _, row := range rows {
		var older, newer int64
		var hashes string
		if _, err := fmt.Sscanf(row, "%d %d %s", &older, &newer, &hashes); err != nil && older == 0 {
			return 0, fmt.Errorf("%q: %w", row, err)
		}
		var path tlog.TreeProof
		for _, text := range strings.Split(hashes, ",") {
			if text == "" {
				continue
			}
			hash, err := tlog.ParseHash(text)
			if err != nil {
				return 0, err
			}
			path = append(path, hash)
		}
		before, err := tlog.TreeHash(older, tree)
		if err != nil {
			return 0, err
		}
		after, err := tlog.TreeHash(newer, tree)
		if err != nil {
			return 0, err
		}
		if err := tlog.CheckTree(path, newer, after, older, before); err != nil {
			return 0, fmt.Errorf("from %d to %d: %w", older, newer, err)
		}
		own, err := tlog.ProveTree(newer, older, tree)
		if err != nil {
			return 0, err
		}
		if err := same(path, own); err != nil {
			return 0, fmt.Errorf("from %d to %d: %w", older, newer, err)
		}
	}
	return len(rows), nil
}

func same(given, own []tlog.Hash) error {
	if len(given) != len(own) {
		return fmt.Errorf("%d hashes where Go has %d", len(given), len(own))
	}
	for i := range given {
		if given[i] != own[i] {
			return fmt.Errorf("hash %d is not Go's", i)
		}
	}
	return nil
}
