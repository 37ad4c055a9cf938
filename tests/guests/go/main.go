// A handler in Go, in the loop shape: main is init code, then a loop over events.
package main

import (
	"encoding/json"
	"log"
	"unsafe"
)

//go:wasmimport lambda next
func next(buffer unsafe.Pointer, capacity uint32) int32

//go:wasmimport lambda respond
func respond(response unsafe.Pointer, length uint32) int32

//go:wasmimport lambda fail
func fail(err unsafe.Pointer, length uint32) int32

// nextEvent waits for an event. One that does not fit is kept until there is room for it.
func nextEvent(buffer []byte) []byte {
	for {
		length := uint32(next(unsafe.Pointer(&buffer[0]), uint32(len(buffer))))
		if int(length) <= len(buffer) {
			return buffer[:length]
		}
		buffer = make([]byte, length)
	}
}

type answer struct {
	Language string          `json:"language"`
	Count    int             `json:"count"`
	Event    json.RawMessage `json:"event"`
}

func main() {
	log.SetFlags(0)
	log.Print("init: Go")
	buffer := make([]byte, 4096)
	failure := []byte(`{"errorType":"Asked","errorMessage":"the event asked for a failure"}`)
	for count := 1; ; {
		event := nextEvent(buffer)
		if string(event) == `"fail"` {
			fail(unsafe.Pointer(&failure[0]), uint32(len(failure)))
			continue
		}
		response, err := json.Marshal(answer{"Go", count, event})
		if err != nil {
			log.Fatal(err)
		}
		count++
		respond(unsafe.Pointer(&response[0]), uint32(len(response)))
	}
}
