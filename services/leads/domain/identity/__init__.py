"""By what two leads are known to be of one firm or person: names, phones, mails, tax ids, how alike they are."""
