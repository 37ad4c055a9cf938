import { loadPrices } from "./prices.mjs";

let price;
let calls = 0;

export const handler = async ({ item }) => {
  price ??= (await loadPrices())[item];
  calls += 1;
  return { item, price, calls };
};
