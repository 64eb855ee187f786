declare module 'virtual:messages/*' {
  const messages: Record<string, import('./message').Message>;
  export default messages;
}
