export const handler = async (order) => {
  if (!(order.amount > 0)) {
    const error = new Error(`An order of ${order.amount} cannot be paid.`);
    error.name = "Payments.Declined";
    throw error;
  }
  return { paid: order.amount };
};
