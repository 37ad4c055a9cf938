// Read by the JSON transform when it is loaded. The plain way of writing: without SIMD, which guests do not have.
globalThis.process ??= { env: { JSON_MODE: "SWAR" }, argv: [], cwd: () => "/", platform: "linux" };
