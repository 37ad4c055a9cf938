// Runs once, when an execution environment starts: its cold start.
let invocations = 0;

export const handler = async (event, context) => {
  invocations += 1;
  const name = event.name ?? "world";
  console.log("Greeting %s, invocation %d of this environment", name, invocations);

  return {
    message: `Hello, ${name}!`,
    function: context.functionName,
    memoryMb: Number(context.memoryLimitInMB),
    remainingMs: context.getRemainingTimeInMillis(),
    isColdStart: invocations === 1,
  };
};
