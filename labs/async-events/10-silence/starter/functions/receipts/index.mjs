// Sends the receipt of an order by mail. Here a line of the log stands for the mail.
export const handler = async (order) => {
  console.log(`order ${order.id} begins`);
  if (!order.email) throw new TypeError(`order ${order.id} has no email`);
  console.log(`receipt of order ${order.id} sent`);
};
