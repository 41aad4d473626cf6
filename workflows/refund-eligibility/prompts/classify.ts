export const classify = `Classify the customer's message as one of: damaged, wrong item, late delivery, changed mind, other.
- damaged: the item arrived damaged, is defective, or parts are missing
- wrong item: we sent something else than was ordered
- late delivery: it came later than promised
- changed mind: the customer no longer wants it, or it does not suit

<message>
{{message}}
</message>
`;
