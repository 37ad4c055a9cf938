// What is booked here. A real agency keeps it in a database.
const bookings = new Set();

let calls = 0;

export const handler = async ({ action, trip }, { functionName }) => {
  if (action === "book") {
    bookings.add(trip);
    console.log(`${functionName} booked`);
  } else {
    calls += 1;
    if (calls <= 2) {
      const error = new Error("All lines are busy. Call again.");
      error.name = "Hotel.Busy";
      throw error;
    }
    // To cancel what was never booked, or was cancelled before, does no harm.
    const was = bookings.delete(trip);
    console.log(was ? `${functionName} cancelled` : `${functionName}: nothing to cancel`);
  }
};
