export const handler = async ({ amount }) => {
  console.log(`${amount} paid`);
  return { paid: amount };
};
