import { loadPrices } from "./prices.mjs";

let calls = 0;

export const handler = async ({ item }) => {
  const prices = await loadPrices();
  calls += 1;
  return { item, price: prices[item], calls };
};
