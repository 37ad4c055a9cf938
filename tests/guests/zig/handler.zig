//! A handler in Zig, in the callback shape: freestanding, no WASI, no entry point.
const std = @import("std");
const allocator = std.heap.wasm_allocator;

const lambda = struct {
    extern "lambda" fn respond(at: [*]const u8, length: usize) i32;
    extern "lambda" fn fail(at: [*]const u8, length: usize) i32;
};

/// Lives as long as the execution environment.
var count: u32 = 0;

export fn lambda_alloc(length: usize) ?[*]u8 {
    const room = allocator.alloc(u8, length) catch return null;
    return room.ptr;
}

/// 0: answered with `respond`; 1: answered with `fail`.
export fn lambda_handler(at: [*]u8, length: usize) i32 {
    const event = at[0..length];
    defer allocator.free(event);
    if (std.mem.eql(u8, event, "\"fail\"")) return failure("Asked", "the event asked for a failure");
    count += 1;
    const response = std.fmt.allocPrint(
        allocator,
        "{{\"language\":\"Zig\",\"count\":{d},\"event\":{s}}}",
        .{ count, event },
    ) catch return failure("OutOfMemory", "no memory for the response");
    defer allocator.free(response);
    _ = lambda.respond(response.ptr, response.len);
    return 0;
}

fn failure(comptime kind: []const u8, comptime message: []const u8) i32 {
    const text = "{\"errorType\":\"" ++ kind ++ "\",\"errorMessage\":\"" ++ message ++ "\"}";
    _ = lambda.fail(text.ptr, text.len);
    return 1;
}
