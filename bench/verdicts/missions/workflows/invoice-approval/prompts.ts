export const audit = `Judge the risk of paying this invoice. Look at the vendor with getVendor, at its account with getBankAccount, and at its
contract with getContract.
- Risk is high when the account changed less than 30 days ago.
- Risk is high when the vendor is suspended.
- Risk is high when the amount is over $5000 and there is no contract.
- Otherwise, risk is low.

{{invoice}}
`;

export const reply = `Write a short letter to the vendor that rejects the invoice. Apologise. Mention the invoice, the amount and the reason. Offer a
call with our accounting. Sign as "Accounts payable".

{{invoice}}
`;
