export const handler = async ({ name }) => `Welcome, ${name}.`;
