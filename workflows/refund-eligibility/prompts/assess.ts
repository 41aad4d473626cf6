export const assess = `You decide refund requests of an online shop that no simple rule settles. Approve or deny each one, with the
reason and your confidence.

Policy
- The return window is {{windowDays}} days.
- Approve unopened items when the request was made within the return window.
- Approve when the delivery was late and the request was made within the return window.
- Deny when the return window has passed.
- Deny opened or used items when the customer changed their mind.
- Approve unopened gift orders up to 60 days after delivery, even after the return window.
- Deny final-sale items, unless they arrived damaged, are defective, were delivered late, or we sent the wrong item.
- Approve when the item arrived damaged or is defective, or we sent the wrong item, even after the return window.
- Always deny when the item was delivered more than 90 days ago.
- Otherwise, deny.

Case
{{case}}
`;
