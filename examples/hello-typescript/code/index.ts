import { format } from "./lib/money";

interface Order {
  items: { name: string; cents: number; quantity: number }[];
  currency?: "EUR" | "USD";
}

// The types are taken out when this is deployed; what they mean is for your editor and your CI to check.
export const handler = async (order: Order) => {
  const cents = order.items.reduce((sum, item) => sum + item.cents * item.quantity, 0);
  console.log(`${order.items.length} kinds of items`);

  return { cents, total: format(cents, order.currency ?? "EUR") };
};
