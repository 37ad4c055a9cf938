// How long the archive takes for one page. It is what it is: measured, and told to the function by its configuration.
const pageMs = Number(process.env.PAGE_MS);

const page = () => new Promise((resolve) => setTimeout(resolve, pageMs));

export const handler = async ({ month, pages }) => {
  if (!(pages > 0)) {
    const error = new Error("There is no report without pages.");
    error.name = "NoPages";
    throw error;
  }
  for (let number = 1; number <= pages; number += 1) {
    await page();
    if (number % 10 === 0) console.log(`${number} of ${pages} pages`);
  }
  return { month, pages, status: "done" };
};
