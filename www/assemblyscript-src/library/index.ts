// What a handler in AssemblyScript imports from "coldstart".
export { Context, context, environment, fail } from "./abi";
