import { loadPrices } from "./prices.mjs";

const prices = await loadPrices();
let calls = 0;

export const handler = async ({ item }) => {
  calls += 1;
  return { item, price: prices[item], calls };
};
