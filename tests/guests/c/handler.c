// A handler in C, in the loop shape: main is init code, then a loop over events.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAMBDA(name) __attribute__((import_module("lambda"), import_name(#name)))
LAMBDA(next) int32_t lambda_next(char *buffer, uint32_t capacity);
LAMBDA(meta) int32_t lambda_meta(const char *key, uint32_t key_length, char *buffer, uint32_t capacity);
LAMBDA(respond) int32_t lambda_respond(const char *response, uint32_t length);
LAMBDA(fail) int32_t lambda_fail(const char *error, uint32_t length);

static char *event;
static uint32_t capacity = 1024;

// Waits for the next event. An event that does not fit is kept until there is room for it.
static uint32_t next_event(void) {
  uint32_t length;
  while ((length = (uint32_t)lambda_next(event, capacity)) > capacity) {
    capacity = length;
    event = realloc(event, capacity);
    if (event == NULL) abort();
  }
  return length;
}

int main(void) {
  static const char failure[] = "{\"errorType\":\"Asked\",\"errorMessage\":\"the event asked for a failure\"}";
  static unsigned count; // lives as long as the execution environment
  event = malloc(capacity);
  fprintf(stderr, "init: C\n");
  for (;;) {
    uint32_t length = next_event();
    if (length == 6 && memcmp(event, "\"fail\"", 6) == 0) {
      lambda_fail(failure, sizeof failure - 1);
      continue;
    }
    char request_id[64];
    int32_t id_length = lambda_meta("requestId", 9, request_id, sizeof request_id);
    printf("event of %u bytes, request id of %d\n", length, id_length);
    char *response = malloc(length + 128);
    if (response == NULL) abort();
    int size = sprintf(response, "{\"language\":\"C\",\"count\":%u,\"event\":%.*s}", ++count, (int)length, event);
    lambda_respond(response, (uint32_t)size);
    free(response);
  }
}
