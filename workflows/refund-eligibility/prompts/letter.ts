export const letter = `Write a short, polite letter that denies the refund. Apologise. Mention the order number, the item and the reason.
Offer help with a repair or an exchange. Sign as "The returns desk".

{{case}}
`;
