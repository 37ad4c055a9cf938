// Reading the price list takes 400 milliseconds, wherever it is done.
export const loadPrices = async () => {
  await new Promise((done) => setTimeout(done, 400));
  console.log("price list loaded");
  return { tea: 3, coffee: 4, cake: 5 };
};
