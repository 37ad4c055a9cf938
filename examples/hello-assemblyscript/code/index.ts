// AssemblyScript has TypeScript's syntax and is compiled to WebAssembly when you deploy.
import { JSON } from "json-as";
import { Context } from "coldstart";

@json
class Order {
  customer: string = "nobody";
  prices: i32[] = []; // cents
}

@json
class Receipt {
  message: string = "";
  total: i32 = 0;
  isColdStart: bool = false;
}

// Set once, when an execution environment starts: its cold start.
let invocations = 0;

export function handler(event: string, context: Context): string {
  invocations += 1;
  const order = JSON.parse<Order>(event);
  console.log(`${order.prices.length} prices for ${order.customer}, ${context.getRemainingTimeInMillis()} ms left`);

  const receipt = new Receipt();
  receipt.message = `Thank you, ${order.customer}!`;
  for (let i = 0; i < order.prices.length; i++) {
    if (order.prices[i] < 0) throw new RangeError("a price is below 0");
    receipt.total += order.prices[i];
  }
  receipt.isColdStart = invocations == 1;
  return JSON.stringify(receipt);
}
