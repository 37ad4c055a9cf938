// A report takes five seconds. Most of them it waits for others.
export const handler = async ({ page }) => {
  await new Promise((done) => setTimeout(done, 5_000));
  return { page };
};
