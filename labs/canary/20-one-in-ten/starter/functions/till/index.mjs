// The rate of tax, in percent, is configured in an environment variable. It belongs to the version, as the code does.
const rate = Number(process.env.TAX_RATE);

export const handler = async ({ price }) => {
  if (Number.isNaN(rate)) throw new TypeError(`TAX_RATE is no number: ${process.env.TAX_RATE}`);
  return { price, total: price + (price * rate) / 100 };
};
