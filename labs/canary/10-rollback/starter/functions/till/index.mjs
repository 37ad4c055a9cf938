// The rate of tax, in percent, is configured in an environment variable. It belongs to the version, as the code does.
const rate = Number(process.env.TAX_RATE);

export const handler = async ({ price }) => {
  return { price, total: price + (price * rate) / 100 };
};
