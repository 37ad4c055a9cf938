// What is booked here. A real agency keeps it in a database.
const bookings = new Set();

export const handler = async ({ action, trip }, { functionName }) => {
  if (action === "book") {
    bookings.add(trip);
    console.log(`${functionName} booked`);
  } else {
    // To cancel what was never booked, or was cancelled before, does no harm.
    const was = bookings.delete(trip);
    console.log(was ? `${functionName} cancelled` : `${functionName}: nothing to cancel`);
  }
};
