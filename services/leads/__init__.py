"""Leads: who may become a customer, from first sight to conversion.

Owns: leads with the data to reach people, which never leave this service in an event; what makes a duplicate;
    assignment rules; the public pool; web forms.
Emits: lead-created, lead-inquired, lead-revised, lead-assigned, lead-claimed, lead-released, lead-idle,
    lead-recycled, lead-qualified, lead-disqualified, lead-reopened, lead-merged, lead-unmerged,
    lead-contact-erased, lead-converted on `leads`.
Consumes: lead-created from outside systems (an import, another CRM), which it adopts; visit-logged and
    follow-up-logged, which count as contact; members are looked up in the directory.
"""
