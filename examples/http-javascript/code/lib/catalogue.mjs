const products = new Map([
  ["MUG-0042", { sku: "MUG-0042", name: "Enamel mug", cents: 1450 }],
  ["POT-0007", { sku: "POT-0007", name: "Tea pot", cents: 3900 }],
]);

export const find = (sku) => products.get(sku);
