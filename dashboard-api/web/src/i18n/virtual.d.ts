declare module 'virtual:messages/en' {
  const messages: Record<string, import('./message').Message>;
  export default messages;
}
declare module 'virtual:messages/bn' {
  const messages: Record<string, import('./message').Message>;
  export default messages;
}
